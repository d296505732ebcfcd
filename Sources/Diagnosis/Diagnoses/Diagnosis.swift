import AMQPTypes
import EventHubs

/// Turns what probes observed into sightings: pure functions, one or a few for each check.
///
/// A probe reports facts and no opinion; the rows of ``Symptom`` have the words; here is only which row a fact belongs to.
public enum Diagnosis {
    /// Longest text of a peer that is repeated.
    static let saidLengthMax = 400

    /// What a peer or the client said, on one line of bounded length; never a key or token.
    static func said(_ error: EventHubsError) -> Figure {
        var text = error.summary
        if let condition = error.condition { text = said(condition) }
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        let cut = line.prefix(saidLengthMax)
        return Figure("said", .text(cut.count < line.count ? cut + "…" : String(cut)))
    }

    private static func said(_ condition: AMQPCondition) -> String {
        guard let description = condition.description, !description.isEmpty else { return condition.name }
        // What stands behind the tracking id is for the service's support, and is long.
        let end = description.firstRange(of: "TrackingId:")?.lowerBound ?? description.endIndex
        return "\(condition.name): \(description[..<end].trimmingBlanks)"
    }

    /// The number between quotes behind some words, as in `created with epoch of '3'`.
    static func number(after words: String, in text: String) -> Int64? {
        guard let found = text.firstRange(of: words) else { return nil }
        let digits = text[found.upperBound...].drop { !$0.isNumber }.prefix { $0.isNumber }
        return Int64(digits)
    }
}

extension StringProtocol {
    var trimmingBlanks: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
