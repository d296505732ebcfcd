public import DiagnosticLogs
public import FindingFormats
public import NIOCore
public import Sinks

/// Sends findings as syslog over TLS (RFC 5425) or TCP.
///
/// **What taken means**: syslog has no answer. A finding counts as taken when the receiver's system has acknowledged its
/// bytes (Linux; elsewhere when the own system has them). A receiver that dies before it has read what its system holds
/// loses that: so when a connection was lost, what was sent over it in the last 30 seconds is sent again, with the same ids.
///
/// **Bounds**: 64 findings an attempt, 256 kept for sending again, each attempt within the time that the settings allow.
public actor SyslogCarrier: FindingCarrier {
    /// Findings that one attempt takes.
    public nonisolated let parcelsMaximum = 64
    /// Host and port.
    public nonisolated let destination: String
    private let settings: SyslogSettings
    private let dialer: SyslogDialer
    private let format: SyslogFormat
    private let now: @Sendable () -> Timestamp
    private var connection: SyslogConnection?
    private var recent: [(sent: ContinuousClock.Instant, frame: [UInt8])] = []
    private static let recentMax = 256
    private static let recentFor: Duration = .seconds(30)

    /// Makes a carrier; connects with the first finding.
    ///
    /// **Errors**: files that cannot be used.
    public init(
        _ settings: SyslogSettings, group: any EventLoopGroup, format: SyslogFormat,
        now: @escaping @Sendable () -> Timestamp
    ) throws(DeliveryFailure) {
        self.settings = settings
        self.format = format
        self.now = now
        dialer = try SyslogDialer(settings, group: group)
        destination = "\(settings.usesTLS ? "tls" : "tcp")://\(settings.host):\(settings.port)"
    }

    /// Sends the parcels in one write, behind what a lost connection may have swallowed.
    public func carry(_ parcels: [Parcel]) async -> CarryOutcome {
        let frames = parcels.map { format.frame($0.entry, logged: now()) }
        do {
            var bytes: [UInt8] = []
            if connection?.isActive != true {
                connection?.close()
                connection = nil
                connection = try await dialer.connect()
                let since = ContinuousClock.now.advanced(by: .zero - Self.recentFor)
                for old in recent where old.sent >= since { bytes += old.frame }
            }
            guard let connection else { return CarryOutcome(accepted: 0) }
            for frame in frames { bytes += frame }
            try await connection.send(bytes, within: settings.timeout)
            recent += frames.map { (.now, $0) }
            recent.removeFirst(max(0, recent.count - Self.recentMax))
            return CarryOutcome(
                accepted: parcels.count, answer: "\(bytes.count) bytes acknowledged; syslog itself has no answer")
        } catch {
            connection?.close()
            connection = nil
            return CarryOutcome(
                accepted: 0,
                failure: ReceiverErrors.failure(error, receiver: destination, limit: settings.timeout))
        }
    }

    /// Closes the connection.
    public func close() async {
        connection?.close()
        connection = nil
    }
}
