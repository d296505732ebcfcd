import Detection
import DiagnosticLogs
import EventHubs
import EventHubsClient
public import FindingFormats
public import HubwatchConfiguration
public import Logging
public import NIOCore
import NetworkSinks
public import Sinks

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Makes the way to the receiver of a configured sink.
public struct SinkCarriers: Sendable {
    /// The hub that findings come from.
    public var source: FindingSource
    /// Version of this program, for findings.
    public var productVersion: String
    /// Name of this machine, for syslog.
    public var hostName: String
    /// The event loops to use; none on which a partition is read.
    public var group: any EventLoopGroup
    /// The time of day.
    public var clock: WallClock
    /// Where log lines go.
    public var logger: Logger

    /// Makes a maker of carriers.
    public init(
        source: FindingSource, productVersion: String, hostName: String, group: any EventLoopGroup,
        clock: WallClock = .system, logger: Logger
    ) {
        self.source = source
        self.productVersion = productVersion
        self.hostName = hostName
        self.group = group
        self.clock = clock
        self.logger = logger
    }

    private var format: OCSFFormat { OCSFFormat(source: source, productVersion: productVersion) }

    /// The carrier of a sink; nil for one that writes a file, which needs none.
    ///
    /// **Errors**: files for TLS that cannot be used, a template that is none; nothing is connected yet.
    public func carrier(for sink: SinkConfiguration) throws(DeliveryFailure) -> (any FindingCarrier)? {
        switch sink.target {
        case .webhook(let webhook): return try self.webhook(webhook, sink)
        case .slack(let url, let trust):
            let format = SlackFormat()
            var settings = http(url, trust, sink)
            // An incoming webhook takes one message a second.
            settings.gapMin = .seconds(1)
            return try HTTPCarrier(settings, group: group, now: clock.now) { format.body($0) }
        case .teams(let url, let trust):
            let format = TeamsFormat()
            var settings = http(url, trust, sink)
            // A channel takes four requests a second.
            settings.gapMin = .milliseconds(250)
            return try HTTPCarrier(settings, group: group, now: clock.now) { format.body($0) }
        case .eventHub(let string, let hub, let usesWebSockets, let authorityFile):
            return try eventHub(string, hub, usesWebSockets ? .webSockets : .amqp, authorityFile, sink)
        case .syslog(let syslog): return try self.syslog(syslog, sink)
        case .file: return nil
        }
    }

    private func http(
        _ url: Secret, _ trust: SinkConfiguration.Trust, _ sink: SinkConfiguration
    ) -> HTTPCarrier.Settings {
        var settings = HTTPCarrier.Settings(url: url, productVersion: productVersion)
        settings.timeout = sink.delivery.timeout
        settings.trust = ReceiverTrust(trust)
        settings.proxy = sink.proxy
        settings.proxySetting = Self.proxySetting(sink)
        return settings
    }

    /// What names the proxy of a sink, for messages.
    private static func proxySetting(_ sink: SinkConfiguration) -> String { "sinks.\(sink.name).proxy" }

    private func webhook(
        _ webhook: SinkConfiguration.Webhook, _ sink: SinkConfiguration
    ) throws(DeliveryFailure) -> any FindingCarrier {
        var settings = http(webhook.url, webhook.trust, sink)
        settings.method = webhook.method
        settings.headers = webhook.headers
        settings.signer = webhook.secret.flatMap { WebhookSigner($0) }
        let (source, format, clock) = (source, format, clock)
        guard let text = webhook.template else {
            return try HTTPCarrier(settings, group: group, now: clock.now) { entry in
                Array(format.line(entry, logged: clock.now()).dropLast())
            }
        }
        let template: BodyTemplate
        do throws(BodyTemplate.Problem) {
            template = try BodyTemplate(text)
        } catch {
            throw DeliveryFailure(
                .unavailable,
                "the template cannot be used: line \(error.line), column \(error.column): \(error.message)")
        }
        return try HTTPCarrier(settings, group: group, now: clock.now) { entry in
            template.body(entry, source: source, ocsf: format, logged: clock.now())
        }
    }

    private func eventHub(
        _ string: ConnectionString, _ hub: String, _ transport: EventHubsConfiguration.Transport,
        _ authorityFile: String?, _ sink: SinkConfiguration
    ) throws(DeliveryFailure) -> any FindingCarrier {
        var configuration: EventHubsConfiguration
        do throws(EventHubsError) {
            configuration = try EventHubsConfiguration(string, hub: hub, transport: transport)
        } catch {
            throw DeliveryFailure(.unavailable, error.summary, remedy: error.remedy)
        }
        if let authorityFile, case .tls = configuration.security {
            configuration.security = .tls(authorities: authorityFile)
        }
        configuration.proxy = sink.proxy
        configuration.proxySetting = Self.proxySetting(sink)
        configuration.transportSetting = "sinks.\(sink.name).transport"
        return EventHubCarrier(
            configuration, timeout: sink.delivery.timeout, group: group, format: format, now: clock.now, logger: logger)
    }

    private func syslog(
        _ syslog: SinkConfiguration.Syslog, _ sink: SinkConfiguration
    ) throws(DeliveryFailure) -> any FindingCarrier {
        var settings = SyslogSettings(host: syslog.host, port: syslog.port, usesTLS: syslog.usesTLS)
        settings.trust = ReceiverTrust(syslog.trust)
        settings.timeout = sink.delivery.timeout
        let messages = SyslogFormat(
            facility: syslog.facility, hostName: hostName, processID: ProcessInfo.processInfo.processIdentifier,
            body: SyslogFormat.Body(rawValue: syslog.body) ?? .ocsf, bytesMax: syslog.bytesMax, ocsf: format,
            productVersion: productVersion)
        return try SyslogCarrier(settings, group: group, format: messages, now: clock.now)
    }
}

extension ReceiverTrust {
    fileprivate init(_ trust: SinkConfiguration.Trust) {
        self.init(
            authorityFile: trust.authorityFile, certificateFile: trust.certificateFile, keyFile: trust.keyFile)
    }
}

extension FileRotation {
    /// The settings in the file sink's terms.
    init(_ rotation: SinkConfiguration.Rotation) {
        self.init(
            bytesMax: rotation.bytesMax.map(Int64.init), interval: rotation.interval, keep: rotation.keep)
    }
}
