import FindingFormats
import Sinks

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a receiver answered, and what that means for the finding.
///
/// | status | the finding | why |
/// | --- | --- | --- |
/// | 2xx | is taken | |
/// | 400, 409, 413, 415, 422 | is refused for good | the receiver has read it and does not want this one |
/// | 408, 425, 429, 5xx | is tried again, no sooner than `Retry-After` | the receiver cannot now |
/// | 3xx | is tried again | redirects are followed to no host: a person has to look at the address |
/// | 401, 403, 404, 405, 410, other | is tried again | the settings, or the receiver's, have to be mended first |
struct HTTPAnswer: Equatable {
    var status: Int
    var phrase = ""
    var retryAfter: String?
    var location: String?
    /// The beginning of the body, made harmless; empty for none.
    var said = ""

    /// Nil when the finding was taken.
    ///
    /// - Parameters:
    ///   - host: the host that answered.
    ///   - now: seconds since the Unix epoch, for a `Retry-After` that is a date.
    func failure(host: String, now: Double) -> DeliveryFailure? {
        let wait = retryAfter.flatMap { RetryAfter.read($0, now: now) }
        switch status {
        case 200...299: return nil
        case 400, 409, 413, 415, 422: return DeliveryFailure(.refused, summary)
        case 300...399:
            return DeliveryFailure(
                .unavailable, "\(line), a redirect to \(target(from: host))",
                remedy: "redirects are not followed; give the final address", retryAfter: wait)
        case 401, 403:
            return DeliveryFailure(
                .unavailable, summary, remedy: "check the secret, the headers and the receiver's rights",
                retryAfter: wait)
        case 404, 405, 410:
            return DeliveryFailure(
                .unavailable, summary, remedy: "check the address; was the receiver removed?", retryAfter: wait)
        case 429: return DeliveryFailure(.unavailable, asked(wait), retryAfter: wait)
        default: return DeliveryFailure(.unavailable, asked(wait), retryAfter: wait)
        }
    }

    /// `503 Service Unavailable`.
    var line: String { phrase.isEmpty ? "\(status)" : "\(status) \(TerminalText.escaped(phrase, columns: 60))" }

    private var summary: String { said.isEmpty ? line : "\(line), saying '\(said)'" }

    private func asked(_ wait: Duration?) -> String {
        wait.map { "\(summary), asking for \($0.components.seconds) s" } ?? summary
    }

    /// Only the host: the rest of an address may be a secret.
    private func target(from host: String) -> String {
        guard let location, let url = URL(string: location) else { return "nowhere" }
        guard let other = url.host(), !other.isEmpty, other.lowercased() != host.lowercased() else {
            return "another address of the same host"
        }
        return "another host (\(TerminalText.escaped(other, columns: 80)))"
    }
}

/// Reads the header `Retry-After`: seconds, or a date.
enum RetryAfter {
    /// The time to wait, at least none; nil for what is neither.
    ///
    /// **Source**: RFC 9110, section 10.2.3; the date's form is that of section 5.6.7 that is to be sent.
    static func read(_ text: String, now: Double) -> Duration? {
        let text = text.trimmingBlanks
        if let seconds = Int64(text) { return .seconds(min(max(0, seconds), 1_000_000_000)) }
        guard let date = date(text) else { return nil }
        return .seconds(max(0, Int64((date - now).rounded(.up))))
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT` in seconds since the Unix epoch.
    private static func date(_ text: String) -> Double? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", parts[0].hasSuffix(","), let day = Int(parts[1]),
            let month = months.firstIndex(of: String(parts[2])), let year = Int(parts[3]), (1970...9999).contains(year),
            (1...31).contains(day)
        else { return nil }
        let clock = parts[4].split(separator: ":").compactMap { Int($0) }
        guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        var components = DateComponents()
        (components.year, components.month, components.day) = (year, month + 1, day)
        (components.hour, components.minute, components.second) = (clock[0], clock[1], clock[2])
        var calendar = Calendar(identifier: .gregorian)
        guard let zone = TimeZone(secondsFromGMT: 0) else { return nil }
        calendar.timeZone = zone
        return calendar.date(from: components)?.timeIntervalSince1970
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

extension String {
    /// The text without blanks at its ends.
    var trimmingBlanks: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
