public import Detection
public import DiagnosticLogs

/// A finding as a syslog message of RFC 5424, framed by its length as RFC 5425 section 4.3 and RFC 6587 section 3.4.1 have it.
///
/// **Safety**: controls are made visible before a text is written, `"`, `\` and `]` are escaped in the values of structured
/// data (RFC 5424 section 6.3.3), and the header's fields hold printable ASCII only.
/// **Bounds**: the header's fields as section 6 says; the whole message ``bytesMax``, beyond which the summary takes the
/// place of the OCSF object and is cut.
public struct SyslogFormat: Sendable {
    /// What follows the structured data.
    public enum Body: String, Hashable, Sendable, CaseIterable {
        /// The finding as an OCSF object.
        case ocsf
        /// One line for a person.
        case text
    }

    private let facility: Int
    private let hostName: String
    private let productVersion: String
    private let processID: String
    private let body: Body
    private let bytesMax: Int
    private let ocsf: OCSFFormat

    /// Name of the structured data; 32473 is the number that RFC 5612 keeps for whoever has none.
    public static let elementName = "finding@32473"

    /// Makes a format.
    ///
    /// - Parameters:
    ///   - facility: 0 to 23 (section 6.2.1).
    ///   - bytesMax: longest message, without its frame; receivers of RFC 5425 take 2,048 at least and should take 8,192.
    public init(
        facility: Int, hostName: String, processID: Int32, body: Body, bytesMax: Int, ocsf: OCSFFormat,
        productVersion: String
    ) {
        self.facility = min(max(facility, 0), 23)
        self.hostName = Self.headerField(hostName, 255)
        self.processID = "\(processID)"
        self.body = body
        self.bytesMax = max(480, bytesMax)
        self.ocsf = ocsf
        self.productVersion = productVersion
    }

    /// The message in its frame: length in octets, a space, the message.
    public func frame(_ entry: JournalEntry, logged: Timestamp) -> [UInt8] {
        let message = message(entry, logged: logged)
        return Array("\(message.count) ".utf8) + message
    }

    /// The message alone.
    public func message(_ entry: JournalEntry, logged: Timestamp) -> [UInt8] {
        let finding = entry.finding
        let priority = facility * 8 + Self.severity(finding.rule.severity)
        // Section 6.2.3: at most six digits of a second.
        let whole = Timestamp(nanoseconds: finding.times.decided.nanoseconds / 1_000_000 * 1_000_000)
        let header = "<\(priority)>1 \(TimeText.iso(whole)) \(hostName) hubwatch \(processID) finding "
        if body == .ocsf {
            let line = ocsf.line(entry, logged: logged).dropLast()
            let whole = Array((header + data(entry, isCut: false) + " ").utf8) + line
            if whole.count <= bytesMax { return whole }
        }
        let facts = FindingFacts(entry)
        let text = "\(facts.severity) \(facts.title): \(facts.reason)"
        let start = header + data(entry, isCut: body == .ocsf)
        return Self.cut(Array("\(start) \(text)".utf8), to: max(bytesMax, start.utf8.count))
    }

    private func data(_ entry: JournalEntry, isCut: Bool) -> String {
        let finding = entry.finding
        let facts = FindingFacts(entry)
        var pairs: [(String, String)] = [
            ("id", entry.key), ("finding", finding.id), ("activity", facts.mark), ("severity", facts.severity),
            ("rule", finding.rule.id), ("title", finding.rule.title), ("count", "\(finding.count)"),
        ]
        for line in facts.lines where ["who", "from", "where", "what", "group"].contains(line.label) {
            pairs.append((line.label, line.value))
        }
        if isCut { pairs.append(("cut", "true")) }
        let written = pairs.filter { !$0.1.isEmpty }.map { " \($0.0)=\"\(Self.parameter($0.1))\"" }.joined()
        let version = Self.parameter(productVersion)
        return "[\(Self.elementName)\(written)][origin software=\"hubwatch\" swVersion=\"\(version)\"]"
    }

    /// Section 6.2.1's severities: a finding is never below a notice, so that filters for noise let it through.
    private static func severity(_ severity: RuleMetadata.Severity) -> Int {
        switch severity {
        case .critical: 2
        case .high: 3
        case .medium: 4
        case .low, .informational: 5
        }
    }

    /// A value of structured data, without its quotes.
    private static func parameter(_ text: String) -> String {
        var result = ""
        for character in TerminalText.escaped(text, columns: 120).unicodeScalars {
            if character == "\"" || character == "\\" || character == "]" { result += "\\" }
            result.unicodeScalars.append(character)
        }
        return result
    }

    /// Printable ASCII without spaces; the nil value where nothing is left.
    private static func headerField(_ text: String, _ lengthMax: Int) -> String {
        let kept = text.unicodeScalars.filter { (0x21...0x7e).contains($0.value) }.prefix(lengthMax)
        return kept.isEmpty ? "-" : String(String.UnicodeScalarView(kept))
    }

    /// Cuts between characters.
    private static func cut(_ bytes: [UInt8], to count: Int) -> [UInt8] {
        guard bytes.count > count else { return bytes }
        var end = count
        while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return Array(bytes[..<end])
    }
}
