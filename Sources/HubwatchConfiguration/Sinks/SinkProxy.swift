package import EventHubs

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension SinkConfiguration {
    /// Reads the proxy on the way to a sink's receiver; nil for the direct way.
    static func proxy(
        to target: Target, of sink: String, _ reader: inout SettingReader, _ environment: ProxyEnvironment,
        _ readFile: (String) throws(ConfigurationProblem) -> String
    ) -> ProxyAddress? {
        guard let receiver = receiver(of: target) else { return nil }
        var choice = ProxyChoice(
            setting: "sinks.\(sink).proxy", place: reader.place("proxy"), text: reader.text("proxy"),
            environment: environment, exclusions: environment.exclusions)
        // NO_PROXY is about the environment's own proxy: whoever names one for this receiver means it.
        if choice.isExplicit { choice.exclusions = .none }
        do throws(ProxyChoice.Unusable) {
            let chosen = try choice.proxy(to: receiver.host, port: receiver.port, as: receiver.scheme)
            guard var proxy = chosen?.proxy else { return nil }
            if ProxyExclusions.isLoopback(receiver.host) {
                reader.refuse("proxy", "the receiver is this machine, which is reached without one: leave it out")
                return nil
            }
            readPassword(of: &proxy, &reader, readFile)
            return proxy
        } catch {
            reader.refuse("proxy", error.message)
            return nil
        }
    }

    private static func readPassword(
        of proxy: inout ProxyAddress, _ reader: inout SettingReader,
        _ readFile: (String) throws(ConfigurationProblem) -> String
    ) {
        let option = "proxy_password_file"
        guard let file = reader.optional(option) else { return }
        guard proxy.user != nil else { return reader.refuse(option, "is given, but the proxy has no user") }
        do {
            proxy.password = Secret(try readFile(file).trimmed)
        } catch {
            reader.refuse(option, error.message)
        }
    }

    /// Where a connection leads, and what it is to the environment's variables.
    package typealias Receiver = (host: String, port: Int, scheme: ProxyEnvironment.Scheme)

    /// The same of any target; nil where no proxy is used.
    private static func receiver(of target: Target) -> Receiver? {
        switch target {
        case .webhook(let webhook): return receiver(at: webhook.url)
        case .slack(let url, _), .teams(let url, _): return receiver(at: url)
        case .eventHub(let string, _, let usesWebSockets, _):
            let isPlain = string.usesDevelopmentEmulator
            guard usesWebSockets else { return (string.host, string.port ?? (isPlain ? 5672 : 5671), .amqp) }
            return (string.host, string.port ?? (isPlain ? 80 : 443), isPlain ? .http : .https)
        case .syslog, .file: return nil
        }
    }

    /// Where the address of a web server leads; nil for one without a host.
    package static func receiver(at address: Secret) -> Receiver? {
        guard let url = URL(string: address.revealed), var host = url.host() else { return nil }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        let isPlain = url.scheme?.lowercased() == "http"
        return (host, url.port ?? (isPlain ? 80 : 443), isPlain ? .http : .https)
    }
}
