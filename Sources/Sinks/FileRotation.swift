import DiagnosticLogs
import FindingFormats

/// When the findings file is put aside and a new one begun, and how many of the old ones are kept.
///
/// Files that were put aside are called `NAME.20260301T120000Z`, by the time at which it was done, with `-2`, `-3` … behind
/// that where the name is taken. Only files of such names are ever removed.
public struct FileRotation: Hashable, Sendable {
    /// A file is put aside before it would grow beyond this many bytes; nil for no bound.
    ///
    /// What is written at once is not divided: a file is larger only when a single batch is.
    public var bytesMax: Int64?
    /// A file is put aside when the first finding of another such span (counted from midnight UTC, 1 January 1970) comes;
    /// nil for never.
    public var interval: Duration?
    /// How many files that were put aside are kept; nil for all.
    public var keep: Int?

    /// Makes a rotation; without arguments the file is left to others.
    public init(bytesMax: Int64? = nil, interval: Duration? = nil, keep: Int? = nil) {
        self.bytesMax = bytesMax
        self.interval = interval
        self.keep = keep
    }

    /// Whether hubwatch rotates the file at all.
    var isOn: Bool { bytesMax != nil || interval != nil }

    /// Whether a file of some length is to be put aside before so many bytes are written.
    func isDue(length: Int64, adding bytes: Int64, lastWritten: Timestamp?, now: Timestamp) -> Bool {
        guard length > 0 else { return false }
        if let bytesMax, length + bytes > bytesMax { return true }
        guard let interval, let lastWritten else { return false }
        let span = max(1, interval.wholeNanoseconds)
        return Self.slot(lastWritten, span) < Self.slot(now, span)
    }

    private static func slot(_ time: Timestamp, _ span: Int64) -> Int64 {
        let quotient = time.nanoseconds / span
        return time.nanoseconds % span < 0 ? quotient - 1 : quotient
    }

    /// The name for a file that is put aside now: behind all those that are there, also when the clock was set back.
    static func name(of file: String, at now: Timestamp, among names: [String]) -> String {
        let whole = Timestamp(nanoseconds: now.nanoseconds / 1_000_000_000 * 1_000_000_000)
        let stamp = TimeText.iso(whole).filter { $0 != "-" && $0 != ":" }
        guard let last = parsed(names, of: file).last, last.stamp >= stamp else { return "\(file).\(stamp)" }
        return "\(file).\(last.stamp)-\(last.attempt + 1)"
    }

    /// The names among these that rotation of a file made, oldest first.
    static func rotated(_ names: [String], of file: String) -> [String] { parsed(names, of: file).map(\.name) }

    private static func parsed(
        _ names: [String], of file: String
    ) -> [(stamp: String, attempt: Int, name: String)] {
        var found: [(stamp: String, attempt: Int, name: String)] = []
        for name in names where name.hasPrefix(file + ".") {
            let parts = name.dropFirst(file.count + 1).split(separator: "-", omittingEmptySubsequences: false)
            guard let stamp = parts.first, parts.count <= 2, isStamp(stamp) else { continue }
            let attempt = parts.count == 2 ? Int(parts[1]) : 1
            if let attempt, (1..<1_000_000_000).contains(attempt) { found.append((String(stamp), attempt, name)) }
        }
        return found.sorted { ($0.stamp, $0.attempt) < ($1.stamp, $1.attempt) }
    }

    private static func isStamp(_ text: Substring) -> Bool {
        let shape = Array("00000000T000000Z".utf8)
        let bytes = Array(text.utf8)
        return bytes.count == shape.count
            && zip(bytes, shape).allSatisfy { byte, form in
                form == UInt8(ascii: "0") ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) : byte == form
            }
    }
}

extension Duration {
    /// The span in nanoseconds, held at the ends of the range.
    var wholeNanoseconds: Int64 {
        let (seconds, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, second) = seconds.addingReportingOverflow(components.attoseconds / 1_000_000_000)
        return overflow || second ? (components.seconds < 0 ? .min : .max) : sum
    }
}
