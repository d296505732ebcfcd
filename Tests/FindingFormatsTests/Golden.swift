import Foundation
import Testing

/// Files that hold what the formats wrote when somebody last looked at it.
///
/// To change them on purpose run the tests with `HUBWATCH_WRITE_GOLDEN=1`, look at the difference, and commit it.
enum Golden {
    static func check(_ bytes: [UInt8], name: String, file: String = #filePath) throws {
        let url = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Golden/\(name)")
        if ProcessInfo.processInfo.environment["HUBWATCH_WRITE_GOLDEN"] != nil {
            try Data(bytes).write(to: url)
        }
        let golden = try Data(contentsOf: url)
        #expect(golden == Data(bytes), "\(name) is not what the format writes now")
    }
}
