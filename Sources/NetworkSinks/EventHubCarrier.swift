import AMQPTypes
import Crypto
import Detection
public import DiagnosticLogs
package import EventHubs
public import EventHubsClient
public import FindingFormats
public import Logging
public import NIOCore
public import Sinks

/// Publishes findings to an Event Hub, keyed by their group: findings of one group stay in order in one partition.
///
/// **Shape**: the body is the OCSF object, `message-id` the finding's key, content type `application/json`; rule, severity and
/// activity are application properties. The partition key is the group's columns, or the finding's id where it has no group.
public actor EventHubCarrier: FindingCarrier {
    /// Findings that one attempt takes.
    public nonisolated let parcelsMaximum = 64
    /// Namespace and hub.
    public nonisolated let destination: String
    /// How the hub is reached.
    package nonisolated let configuration: EventHubsConfiguration
    private let group: any EventLoopGroup
    private let format: OCSFFormat
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private var producer: EventHubsProducer?

    /// Makes a carrier; connects with the first finding.
    public init(
        _ configuration: EventHubsConfiguration, timeout: Duration, group: any EventLoopGroup, format: OCSFFormat,
        now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        var configuration = configuration
        configuration.sendTimeout = timeout
        configuration.connectTimeout = min(configuration.connectTimeout, timeout)
        self.configuration = configuration
        destination = "\(configuration.host):\(configuration.port)/\(configuration.hub)"
        self.group = group
        self.format = format
        self.now = now
        self.logger = logger
    }

    /// Sends the parcels in order, those of one key that follow each other together.
    public func carry(_ parcels: [Parcel]) async -> CarryOutcome {
        var accepted = 0
        do throws(EventHubsError) {
            let producer = try openProducer()
            while accepted < parcels.count {
                let key = Self.partitionKey(of: parcels[accepted].entry)
                let run = parcels[accepted...].prefix { Self.partitionKey(of: $0.entry) == key }
                try await producer.send(run.map { message($0.entry) }, to: .key(key))
                accepted += run.count
            }
            return CarryOutcome(accepted: accepted, answer: "accepted by the hub")
        } catch {
            // A producer that settings or the connection have ended does not come back.
            if error.scope != .request { await discard() }
            return CarryOutcome(accepted: accepted, failure: Self.failure(error))
        }
    }

    /// Attaches a sender and sends nothing; why that was refused, nil when it was not.
    package func attach() async -> EventHubsError? {
        do throws(EventHubsError) {
            try await openProducer().attach()
            return nil
        } catch {
            return error
        }
    }

    /// Closes the connection.
    public func close() async { await discard() }

    private func openProducer() throws(EventHubsError) -> EventHubsProducer {
        if let producer { return producer }
        let made = try EventHubsProducer(configuration: configuration, eventLoopGroup: group, logger: logger)
        producer = made
        return made
    }

    private func discard() async {
        guard let old = producer else { return }
        producer = nil
        await old.shutdown(within: .seconds(1))
    }

    private func message(_ entry: JournalEntry) -> AMQPMessage {
        var properties = MessageProperties()
        properties.messageID = .string(entry.key)
        properties.contentType = "application/json"
        properties.subject = "finding"
        let rule = entry.finding.rule
        let facts: AMQPMap = [
            .string("finding_id"): .string(entry.finding.id), .string("activity"): .string(entry.activity.rawValue),
            .string("rule_id"): .string(rule.id), .string("severity_id"): .int(Int32(rule.severity.rawValue)),
        ]
        let line = format.line(entry, logged: now()).dropLast()
        return AMQPMessage(properties: properties, applicationProperties: facts, body: .data([Array(line)]))
    }

    private static func failure(_ error: EventHubsError) -> DeliveryFailure {
        let isRefused = error.code == .messageTooLarge
        return DeliveryFailure(
            isRefused ? .refused : .unavailable, TerminalText.escaped(error.summary, columns: 300),
            remedy: TerminalText.escaped(error.remedy, columns: 200), retryAfter: error.retryAfter)
    }

    /// The group as a partition key: the columns in order; a hash of them where they are longer than the service takes.
    static func partitionKey(of entry: JournalEntry) -> String {
        let finding = entry.finding
        guard !finding.group.isEmpty else { return finding.id }
        let text = finding.group.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
        // The service takes 128 characters; a key of other than ASCII could count as more.
        if text.utf8.count <= 128, text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) { return text }
        return SHA256.hash(data: Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
