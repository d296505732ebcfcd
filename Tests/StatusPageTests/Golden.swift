import Foundation
import Testing

/// Files that hold what the page and the screen wrote when somebody last looked at them.
///
/// To change them on purpose run the tests with `HUBWATCH_WRITE_GOLDEN=1`, look at the difference, and commit it.
enum Golden {
    static func check(_ text: String, name: String, file: String = #filePath) throws {
        let url = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Golden/\(name)")
        if ProcessInfo.processInfo.environment["HUBWATCH_WRITE_GOLDEN"] != nil {
            try Data(text.utf8).write(to: url)
        }
        let golden = try String(contentsOf: url, encoding: .utf8)
        #expect(golden == text, "\(name) is not what is drawn now")
    }
}
