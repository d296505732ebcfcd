public import Detection

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A journal entry as the bytes that the journal keeps: JSON with sorted members, the same on every run.
public enum JournalPayload {
    /// Encodes an entry.
    public static func encode(_ entry: JournalEntry) throws(FindingFormatError) -> [UInt8] {
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

    /// Decodes an entry.
    public static func decode(_ bytes: [UInt8]) throws(FindingFormatError) -> JournalEntry {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            return try decoder.decode(JournalEntry.self, from: Data(bytes))
        } catch {
            throw FindingFormatError(.notDecodable, detail: "\(bytes.count) bytes: \(Self.place(of: error))")
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
