import ArgumentParser
import EventHubs
import EventHubsClient
import Logging
import NIOPosix

/// A hub of a broker on this machine.
struct LocalHub: ParsableArguments {
    @Option(help: "Port of the broker.") var port: Int
    @Option(help: "The hub.") var hub: String
    @Option(help: "TLS, with the authority in this file.") var authority: String?

    /// The connection string for plain TCP.
    var connectionString: String {
        "Endpoint=sb://127.0.0.1:\(port);SharedAccessKeyName=bench;SharedAccessKey=bench;UseDevelopmentEmulator=true;EntityPath=\(hub)"
    }

    func configuration() -> EventHubsConfiguration {
        EventHubsConfiguration(
            host: authority == nil ? "127.0.0.1" : "localhost", port: port,
            security: authority.map { .tls(authorities: $0) } ?? .plain, hub: hub,
            credential: .key(name: "bench", key: Secret("bench")))
    }

    /// Log lines go nowhere but for failures.
    static let logger: Logger = {
        var logger = Logger(label: "measure") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        return logger
    }()
}
