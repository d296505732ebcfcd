/// The ground truth of a sample: what was planted, and where in the output each piece ended up.
///
/// Nothing here is found by looking at records: it is noted while the attacks are planned and written. Background
/// records cannot add to it, because they never list AI keys with a tool, and never more than ``backgroundListKeysMax``
/// Audit `ListKey` records are written for one account that is not attacked.
public struct ExpectedFindings: Hashable, Sendable {
    /// The most Audit `ListKey` records that the background writes for one account in a whole sample.
    public static let backgroundListKeysMax = 40

    /// Key listings outside the portals that succeeded: a finding each, once per correlation id.
    public internal(set) var keyListings: [KeyListing] = []
    /// Accounts whose keys were listed 100 times or more within 60 minutes, or with a large response: a finding each.
    public internal(set) var modelThefts: [ModelTheft] = []
    /// Look-alikes: none of them is a finding.
    public internal(set) var nearMisses: [NearMiss] = []
    /// Messages written so far.
    public internal(set) var messages = 0
    /// Records written so far; of these ``tornRecords`` were cut by a truncated body.
    public internal(set) var records = 0
    /// Records that were cut apart by the quirk `truncated`.
    public internal(set) var tornRecords = 0
    /// Bytes of message bodies written so far.
    public internal(set) var bytes = 0
    /// How often each quirk was applied, in the order of ``Quirk``'s cases; quirks that never were are left out.
    public internal(set) var quirks: [QuirkCount] = []

    mutating func count(_ quirk: Quirk) {
        if let index = quirks.firstIndex(where: { $0.quirk == quirk }) {
            quirks[index].count += 1
        } else {
            quirks.append(QuirkCount(quirk: quirk, count: 1))
            let order = Quirk.allCases
            quirks.sort { (order.firstIndex(of: $0.quirk) ?? 0) < (order.firstIndex(of: $1.quirk) ?? 0) }
        }
    }
}

/// Where a record is in the output.
public struct RecordPosition: Hashable, Sendable {
    /// Index of the message, from 0: the line of a file of bodies that stay on one line.
    public var message: Int
    /// Index of the record within the message, from 0.
    public var record: Int
}

/// A planted key listing: attack (a).
public struct KeyListing: Hashable, Sendable {
    /// The correlation id that Start and Success share.
    public var correlationID: String
    /// The resource whose keys were listed, as the record writes it.
    public var resourceID: String
    /// The `appid` claim.
    public var applicationID: String
    /// The account that did it.
    public var account: String
    /// Event time of the Success record.
    public var eventTime: EventTime
    /// Where the Start record is; nil until it is written.
    public internal(set) var start: RecordPosition?
    /// Where the Success record is; nil until it is written.
    public internal(set) var success: RecordPosition?
}

/// A planted burst of key listings on one Azure OpenAI account: attack (b).
public struct ModelTheft: Hashable, Sendable {
    /// The account's resource id, as the records write it.
    public var resourceID: String
    /// The subscription, in lower case.
    public var subscriptionID: String
    /// The resource group, in lower case: half of the group key.
    public var resourceGroup: String
    /// The account's name, in lower case: the other half.
    public var resourceName: String
    /// How many Audit `ListKey` records the sample holds for it.
    public var count: Int
    /// The largest response length among them; nil where, as usual, none carries one.
    public var responseLengthMax: Int?
    /// Event time of the earliest record.
    public var firstEventTime: EventTime
    /// Event time of the latest record.
    public var lastEventTime: EventTime
    /// Records written so far; equals ``count`` at the end.
    public internal(set) var written = 0
    /// Messages over which they are spread.
    public internal(set) var messages = 0
    /// The first record in the output.
    public internal(set) var first: RecordPosition?
    /// The hundredth record in the output; nil where there are fewer.
    public internal(set) var hundredth: RecordPosition?
    /// The last record in the output.
    public internal(set) var last: RecordPosition?
}

/// A planted look-alike that must not be found.
public struct NearMiss: Hashable, Sendable {
    /// What it looks like, and why it is not a finding.
    public enum Kind: String, Sendable {
        /// 99 Audit `ListKey` records for one account: one short of the threshold.
        case ninetyNineListings = "ninety-nine-listings"
        /// 120 Audit records named `ListKeys`, which the query does not count.
        case otherOperation = "other-operation"
        /// Keys of an AI resource listed from a portal.
        case portal = "portal"
        /// The same, with the application id in upper case.
        case portalUpperCase = "portal-upper-case"
        /// A listing by a tool that was forbidden: Start, then Failure.
        case forbidden = "forbidden"
        /// Keys of a storage account, listed by a tool.
        case storage = "storage"
    }

    /// What it looks like.
    public var kind: Kind
    /// The resource, as the records write it.
    public var resourceID: String
    /// The correlation id, for kinds of the activity log.
    public var correlationID: String?
    /// The `appid` claim as it is written, for kinds of the activity log.
    public var applicationID: String?
    /// How many records were planted.
    public var records: Int
}

/// How often one quirk was applied.
public struct QuirkCount: Hashable, Sendable {
    /// The quirk.
    public var quirk: Quirk
    /// Times it was applied.
    public var count: Int
}
