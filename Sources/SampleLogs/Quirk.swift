/// An oddity of real Azure streams that can be mixed into a sample.
public enum Quirk: String, CaseIterable, Sendable {
    // Of one record
    /// `properties` as a JSON string, in any family.
    case stringProperties = "string-properties"
    /// An activity record in the shape of the management API.
    case restShape = "rest-shape"
    /// Top-level names in Pascal case: `Category`, `OperationName`, `CorrelationId`.
    case pascalNames = "pascal-names"
    /// The time in US form: `11/21/2026 8:00:00 AM`.
    case usTime = "us-time"
    /// The time with an offset instead of `Z`.
    case offsetTime = "offset-time"
    /// The resource id in lower case.
    case lowerResource = "lower-resource"
    /// A member with an empty name, `"":"",`.
    case emptyName = "empty-name"
    /// `properties` written with single quotes: the body is not valid JSON.
    case singleQuotes = "single-quotes"
    /// `properties` written with single quotes inside a valid string.
    case singleQuotesInString = "single-quotes-in-string"
    /// A raw line feed inside a string: the body is not valid JSON. Needs more than one line.
    case rawLineFeed = "raw-line-feed"

    // Of one message
    /// An array without the `records` wrapper.
    case bareArray = "bare-array"
    /// A single record without any wrapper.
    case singleObject = "single-object"
    /// One record a line. Needs more than one line.
    case lines = "lines"
    /// An array of envelopes.
    case nestedEnvelope = "nested-envelope"
    /// An array that holds the envelope as a JSON string.
    case doubleEncoded = "double-encoded"
    /// A byte order mark before the envelope.
    case byteOrderMark = "byte-order-mark"
    /// The body is cut inside its last record.
    case truncated = "truncated"
    /// A fragment of another document follows the envelope.
    case trailingFragment = "trailing-fragment"
    /// An extra message of plain text, with no record.
    case plainText = "plain-text"
    /// An extra message of no bytes. Needs more than one line.
    case emptyBody = "empty-body"

    var isOfRecord: Bool {
        switch self {
        case .stringProperties, .restShape, .pascalNames, .usTime, .offsetTime, .lowerResource, .emptyName,
            .singleQuotes, .singleQuotesInString, .rawLineFeed:
            true
        case .bareArray, .singleObject, .lines, .nestedEnvelope, .doubleEncoded, .byteOrderMark, .truncated,
            .trailingFragment, .plainText, .emptyBody:
            false
        }
    }

    /// True when a record with this quirk makes its whole body invalid JSON, to be repaired before it can be read.
    var breaksBody: Bool { self == .singleQuotes || self == .rawLineFeed }

    /// True when a body with this quirk does not fit on one line of a file.
    var breaksLines: Bool { self == .rawLineFeed || self == .lines || self == .emptyBody }

    /// True when every decoder that knows the shape gets every record whole.
    ///
    /// Messages that hold planted records get only these, and no record quirk that breaks the body: the ground truth
    /// must not depend on how well a decoder repairs.
    var keepsAllRecords: Bool {
        switch self {
        case .bareArray, .lines, .nestedEnvelope, .doubleEncoded, .byteOrderMark: true
        default: false
        }
    }
}

/// How often each quirk happens: by record for those of records, by message for those of messages.
///
/// **Shape** As text: `none`, `all` (0.5 % each), `all=0.02`, or `string-properties=0.1,truncated=0.001`; a name alone
/// means 1 %. Later parts override earlier ones, so `all,truncated=0` is everything but truncation.
public struct QuirkRates: Hashable, Sendable {
    private var partsPerMillion: [Int] = Array(repeating: 0, count: Quirk.allCases.count)

    /// No quirks at all.
    public static let none = QuirkRates()

    private init() {}

    /// Reads rates from text.
    public init(parsing text: String) throws(SampleLogsError) {
        func refuse(_ reason: String) -> SampleLogsError {
            SampleLogsError(
                setting: "quirks", value: text, reason: reason,
                remedy: "write none, all, all=0.02 or NAME=RATE with a rate from 0 to 1; names are "
                    + Quirk.allCases.map(\.rawValue).joined(separator: ", "))
        }
        for part in NamedValue.list(text) {
            if part.name == "none" && part.value == nil {
                partsPerMillion = Array(repeating: 0, count: Quirk.allCases.count)
                continue
            }
            var rate = part.name == "all" ? 5_000 : 10_000
            if let value = part.value {
                guard let fraction = Double(value), fraction >= 0, fraction <= 1 else {
                    throw refuse("'\(value)' is not a rate from 0 to 1")
                }
                rate = Int(fraction * 1_000_000 + 0.5)
            }
            if part.name == "all" {
                partsPerMillion = Array(repeating: rate, count: Quirk.allCases.count)
            } else if let index = Quirk.allCases.firstIndex(where: { $0.rawValue == part.name }) {
                partsPerMillion[index] = rate
            } else {
                throw refuse("unknown quirk '\(part.name)'")
            }
        }
    }

    /// The rate of one quirk in parts per million.
    public subscript(quirk: Quirk) -> Int {
        get { Quirk.allCases.firstIndex(of: quirk).map { partsPerMillion[$0] } ?? 0 }
        set {
            guard let index = Quirk.allCases.firstIndex(of: quirk) else { return }
            partsPerMillion[index] = min(max(newValue, 0), 1_000_000)
        }
    }

    /// The quirks that can happen, with their rates, those of records and of messages apart.
    func active(ofRecords: Bool, onOneLine: Bool) -> [(quirk: Quirk, rate: Int)] {
        var list: [(quirk: Quirk, rate: Int)] = []
        for quirk in Quirk.allCases where quirk.isOfRecord == ofRecords && self[quirk] > 0 {
            if onOneLine && quirk.breaksLines { continue }
            list.append((quirk, self[quirk]))
        }
        return list
    }
}
