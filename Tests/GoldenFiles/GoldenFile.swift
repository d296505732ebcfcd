import Foundation

/// A file that holds what a format wrote when somebody last looked at it, in the folder `Golden` beside its test.
///
/// To change them on purpose run the tests with `HUBWATCH_WRITE_GOLDEN=1`, look at the difference, and commit it.
package enum GoldenFile {
    /// Where the bytes leave the file; nil when they are the same.
    package static func difference(of bytes: [UInt8], to name: String, test: String = #filePath) throws -> String? {
        let url = URL(filePath: test).deletingLastPathComponent().appending(path: "Golden/\(name)")
        if ProcessInfo.processInfo.environment["HUBWATCH_WRITE_GOLDEN"] != nil {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: url)
        }
        let golden = [UInt8](try Data(contentsOf: url))
        guard golden != bytes else { return nil }
        let (was, now) = (lines(golden), lines(bytes))
        let line = zip(was, now).prefix { $0 == $1 }.count
        func shown(_ lines: [String]) -> String { line < lines.count ? lines[line].debugDescription : "nothing more" }
        return "\(name), line \(line + 1): \(shown(now)) instead of \(shown(was))"
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}
