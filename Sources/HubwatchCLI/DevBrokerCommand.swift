import ArgumentParser
import DevBroker
import Foundation
import HubwatchConfiguration
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// `hubwatch devbroker`.
struct DevBrokerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devbroker",
        abstract: "An Event Hub on your machine: the official Azure SDKs and hubwatch work against it.",
        discussion: """
            hubwatch devbroker --hub logs:4
            hubwatch devbroker --config-file Config.json --port 5672 --tls-port 5671 --ca-output ca.pem

            hubwatch devbroker --hub logs:4 --websocket-port 8080 --websocket-tls-port 8443 --ca-output ca.pem

            Connect with:
              Endpoint=sb://localhost;SharedAccessKeyName=dev;SharedAccessKey=dev;UseDevelopmentEmulator=true;EntityPath=logs
            Any key is accepted unless --strict-auth names policies that are checked.
            The admin HTTP serves GET /health, GET /hubs, PUT /hubs/NAME?partitions=N and DELETE /hubs/NAME;
            GET, PUT and DELETE /faults for a script of faults.

            A script of faults makes the broker misbehave, each time alike. One fault a line, such as:
              # partition 0 is throttled twice, then its link is taken after 99 events; partition 1 stops delivering
              on attach   partition=0 nth=1..2   do throttle
              on delivery partition=0 nth=100    do detach amqp:link:detach-forced
              on delivery partition=1 nth=50     do stall
              on delivery nth=500                do cut bytes=100
              on request  subject=hub for=2s     do silence
              on time     at=5s                  do close amqp:connection:forced "redeployed"
            Events:  open, attach, delivery, send, request, token, time
            Choose:  hub, partition, group, position, subject, sequence
            When:    nth=3, nth=2..5, nth=4.., every=10, after=5s, until=9s, for=2s; at=5s for time
            Actions: refuse, detach, close (each CONDITION ["TEXT"]), throttle, delay TIME, silence, stall [TIME],
                     cut [bytes=N], repeat [N], rewind N, skip N, garbage, overrun N
            """)

    @Option(
        help: ArgumentHelp(
            "A hub and its number of partitions; may be given several times.", valueName: "name:partitions"))
    var hub: [String] = []
    @Option(help: "Hubs from a Config.json of the official emulator.") var configFile: String?
    @Option(help: "Address to listen on.") var host = "127.0.0.1"
    @Option(help: "Port for plain AMQP; 0 chooses a free one.") var port = 5672
    @Option(help: "Port for AMQP over TLS; 0 chooses a free one. Default: no TLS.") var tlsPort: Int?
    @Option(help: "Port for AMQP over WebSockets, without TLS; 0 chooses a free one. Default: none.")
    var websocketPort: Int?
    @Option(help: "Port for AMQP over WebSockets in TLS; 0 chooses a free one. Default: none.")
    var websocketTlsPort: Int?
    @Option(help: "PEM file of authorities: clients in TLS must have a certificate from one of them.")
    var clientCa: String?
    @Option(help: "Certificate chain, PEM. Default: a certificate is generated, with an authority of its own.")
    var certificate: String?
    @Option(help: "Private key of --certificate, PEM.") var privateKey: String?
    @Option(help: "Write the generated authority's certificate here, for clients to trust.") var caOutput: String?
    @Option(help: "Port for the admin HTTP; 0 chooses a free one.") var adminPort = 5300
    @Flag(help: "No admin HTTP.") var noAdmin = false
    @Option(help: "Keep the hubs in this folder: they survive a restart. Default: memory only.") var data: String?
    @Option(help: "How long events are kept, such as 1h or 7d.") var retention = "1d"
    @Flag(help: "Check tokens by --policy and --jwt-key.") var strictAuth = false
    @Option(
        help: ArgumentHelp(
            "A policy to check with --strict-auth; rights: listen, send, manage, joined by +.",
            valueName: "name:rights:key"))
    var policy: [String] = []
    @Option(
        help: ArgumentHelp(
            "With --strict-auth: a file with the key that JSON web tokens must be signed with (PEM public key or certificate, or a JSON web key set). Rights come from the token's roles, such as Azure Event Hubs Data Receiver.",
            valueName: "file"))
    var jwtKey: [String] = []
    @Option(help: "An issuer that such tokens may have. Default: any that has the key.") var jwtIssuer: [String] = []
    @Option(help: "An audience that such tokens may have. Default: https://eventhubs.azure.net.")
    var jwtAudience: [String] = []
    @Flag(help: "A position beyond the end starts at the end instead of being refused.") var clampPositions = false
    @Option(help: "A script of faults, as above; it begins when the broker listens.") var faults: String?
    @Option(help: "Write the bound ports here as JSON when ready.") var readyFile: String?
    @Option(help: "Least severe log line.") var logLevel = "info"

    func run() async throws {
        let settings = try brokerConfiguration()
        let level = Logger.Level(rawValue: logLevel) ?? .info
        let logger = Logger(label: "devbroker") { _ in
            LogOutput(level: level, format: .text, statusLine: StatusLine(isOn: false))
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(2, System.coreCount))
        do {
            let broker = try DevBroker(configuration: settings, group: group, logger: logger)
            let addresses = try await broker.start()
            try announce(addresses, broker)
            let services = ServiceGroup(
                services: [BrokerService(broker: broker)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
            try await services.run()
        } catch let error as DevBrokerError {
            throw CommandFailure(error.code == .addressUnavailable ? .unavailable : .badConfiguration, "\(error)")
        }
        try await group.shutdownGracefully()
    }

    private func announce(_ addresses: DevBroker.Addresses, _ broker: DevBroker) throws {
        for address in addresses.amqp {
            let way = (address.isWebSocket ? " over WebSockets" : "") + (address.usesTLS ? " over TLS" : "")
            Terminal.output("AMQP\(way) on \(address.host):\(address.port)")
        }
        if let admin = addresses.adminPort { Terminal.output("Admin HTTP on http://\(host):\(admin)/hubs") }
        for hub in broker.hubs { Terminal.output("Hub '\(hub.name)' with \(hub.partitions.count) partitions") }
        if let caOutput, let pem = broker.certificateAuthorityPEM {
            let file = try OutputFile(caOutput)
            _ = try file.write(Array(pem.utf8))
            try file.close()
        }
        if let readyFile {
            func port(_ usesTLS: Bool, _ isWebSocket: Bool) -> Int? {
                addresses.amqp.first { $0.usesTLS == usesTLS && $0.isWebSocket == isWebSocket }?.port
            }
            let members: [(String, Int?)] = [
                ("amqp", port(false, false)), ("amqps", port(true, false)), ("ws", port(false, true)),
                ("wss", port(true, true)), ("admin", addresses.adminPort),
            ]
            let text = JSONText.object(members.compactMap { name, port in port.map { (name, .number(Int64($0))) } })
            // Written aside and renamed: whoever waits for the file never sees half of it.
            let file = try OutputFile(readyFile + ".new")
            _ = try file.write(Array((text + "\n").utf8))
            try file.close()
            guard rename(readyFile + ".new", readyFile) == 0 else {
                throw CommandFailure(.cannotCreate, "'\(readyFile)' cannot be written")
            }
        }
    }

    private func brokerConfiguration() throws -> DevBrokerConfiguration {
        do {
            var hubs: [HubDefinition] = []
            if let configFile {
                hubs = try EmulatorConfiguration(json: Array(readText(configFile).utf8), file: configFile).hubs
            }
            for flag in hub { hubs.append(try HubDefinition(flag: flag)) }
            if hubs.isEmpty {
                throw CommandFailure(.usage, "name at least one hub: --hub logs:4, or --config-file Config.json")
            }
            guard let keep = DurationText.read(retention), keep > 0 else {
                throw CommandFailure(.usage, "--retention takes a duration such as 1h or 7d; '\(retention)' is none")
            }
            var listeners = [DevBrokerConfiguration.Listener(host: host, port: port)]
            if let tlsPort {
                listeners.append(DevBrokerConfiguration.Listener(host: host, port: tlsPort, usesTLS: true))
            }
            for (port, usesTLS) in [(websocketPort, false), (websocketTlsPort, true)] {
                guard let port else { continue }
                listeners.append(.init(host: host, port: port, usesTLS: usesTLS, isWebSocket: true))
            }
            var settings = DevBrokerConfiguration(
                listeners: listeners,
                admin: noAdmin ? nil : DevBrokerConfiguration.AdminListener(host: host, port: adminPort),
                hubs: hubs, policies: try policies(), isAuthStrict: strictAuth, retention: .milliseconds(keep),
                clampsInvalidPositions: clampPositions, dataFolder: data)
            settings.clientAuthorities = clientCa
            settings.webTokens = try webTokens()
            if let faults { settings.faults = try FaultScript(parsing: readText(faults), file: faults) }
            switch (certificate, privateKey) {
            case (let certificate?, let privateKey?):
                settings.tls = .files(certificateChain: certificate, privateKey: privateKey)
            case (nil, nil): break
            default: throw CommandFailure(.usage, "--certificate and --private-key go together")
            }
            return settings
        } catch let error as DevBrokerError {
            throw CommandFailure(.badConfiguration, "\(error)")
        }
    }

    private func webTokens() throws -> WebTokenChecks? {
        guard !jwtKey.isEmpty else {
            if jwtIssuer.isEmpty, jwtAudience.isEmpty { return nil }
            throw CommandFailure(.usage, "--jwt-issuer and --jwt-audience need --jwt-key")
        }
        guard strictAuth else { throw CommandFailure(.usage, "--jwt-key is checked with --strict-auth only") }
        var checks = try WebTokenChecks(keys: try jwtKey.map { try readText($0) }, issuers: jwtIssuer)
        if !jwtAudience.isEmpty { checks.audiences = jwtAudience }
        return checks
    }

    private func policies() throws -> [AccessPolicy] {
        if strictAuth, policy.isEmpty, jwtKey.isEmpty {
            throw CommandFailure(.usage, "--strict-auth needs at least one --policy name:rights:key or --jwt-key file")
        }
        return try policy.map { text in
            let parts = text.split(separator: ":", maxSplits: 2).map(String.init)
            guard parts.count == 3 else { throw CommandFailure(.usage, "--policy takes name:rights:key") }
            var rights: AccessPolicy.Rights = []
            for word in parts[1].split(separator: "+") {
                switch word.lowercased() {
                case "listen": rights.insert(.listen)
                case "send": rights.insert(.send)
                case "manage": rights.insert(.manage)
                default:
                    throw CommandFailure(.usage, "--policy: '\(word)' is no right; rights are listen, send, manage")
                }
            }
            return AccessPolicy(name: parts[0], key: parts[2], rights: rights)
        }
    }
}

/// Keeps the broker until a signal comes.
private struct BrokerService: Service {
    let broker: DevBroker

    func run() async throws {
        try? await gracefulShutdown()
        await broker.shutdown()
    }
}
