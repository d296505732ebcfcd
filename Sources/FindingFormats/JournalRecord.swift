public import Detection

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A journal entry and its form in the journal: JSON with sorted members, the same bytes on every run.
public struct JournalRecord: Hashable, Sendable {
    /// The entry.
    public var entry: JournalEntry

    /// Makes a record of what the engine decided.
    public init(_ entry: JournalEntry) { self.entry = entry }

    /// Reads a record from the journal.
    public init(payload: [UInt8]) throws(FindingFormatError) {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            entry = try decoder.decode(JournalEntry.self, from: Data(payload))
        } catch {
            throw FindingFormatError(.notDecodable, detail: "\(payload.count) bytes: \(Self.place(of: error))")
        }
    }

    /// The bytes for the journal.
    public func payload() throws(FindingFormatError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            return [UInt8](try encoder.encode(entry))
        } catch {
            throw FindingFormatError(.notEncodable, detail: "finding \(entry.finding.id): \(type(of: error))")
        }
    }

    /// Where decoding failed; never the data.
    private static func place(of error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(type(of: error))" }
        let path: [any CodingKey]
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            path = context.codingPath
        case .keyNotFound(let key, let context): path = context.codingPath + [key]
        @unknown default: path = []
        }
        return path.isEmpty ? "no JSON of a finding" : "at " + path.map(\.stringValue).joined(separator: ".")
    }
}
