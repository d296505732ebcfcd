import EventHubs
import Spelling

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Configuration {
    /// The sinks alone, for commands that need no source.
    ///
    /// **Errors**: every problem at once; no secret is in any message.
    public static func sinks(
        _ layers: ConfigurationLayers, readFile: (String) throws(ConfigurationProblem) -> String
    ) throws(ConfigurationError) -> [SinkConfiguration] {
        var reader = SettingReader(layers)
        let sinks = sinks(&reader, layers, readFile)
        guard reader.problems.isEmpty else { throw ConfigurationError(reader.problems) }
        return sinks
    }

    static func sinks(
        _ reader: inout SettingReader, _ layers: ConfigurationLayers,
        _ readFile: (String) throws(ConfigurationProblem) -> String
    ) -> [SinkConfiguration] {
        let (given, problems) = layers.sinkEntries.merged()
        reader.add(problems)
        var sinks: [SinkConfiguration] = []
        for sink in given {
            guard let type = type(of: sink, &reader) else { continue }
            var resolver = SinkResolver(
                sink, type: type, variables: layers.sinkEntries.variables, proxies: layers.proxies)
            let made = resolver.resolve(readFile)
            reader.add(resolver.problems)
            if let made, resolver.problems.isEmpty { sinks.append(made) }
        }
        return sinks
    }

    private static func type(of sink: GivenSink, _ reader: inout SettingReader) -> String? {
        if !SinkOption.isName(sink.name) {
            let why =
                SinkOption.reserved.contains(sink.name)
                ? "is the name of the sink of findings.\(sink.name)"
                : "is no name for a sink: small letters, digits and hyphens, a letter first, 32 at most"
            reader.add([ConfigurationProblem(place: sink.place, message: "'\(sink.name)' \(why)")])
            return nil
        }
        guard let given = sink.options["type"], let type = given.texts.first else {
            reader.add([
                ConfigurationProblem(
                    place: sink.place,
                    message: "'sinks.\(sink.name).type' is missing: one of \(SinkOption.types.joined(separator: ", "))")
            ])
            return nil
        }
        guard SinkOption.types.contains(type) else {
            let hint = NearestName.of(type, in: SinkOption.types).map { "; did you mean '\($0)'?" } ?? ""
            reader.add([
                ConfigurationProblem(
                    place: given.place,
                    message:
                        "there is no type of sink '\(type)': \(SinkOption.types.joined(separator: ", "))\(hint)")
            ])
            return nil
        }
        return type
    }

    /// A sink that writes into the hub that is read would be read again, for ever.
    static func refuseLoops(
        _ sinks: [SinkConfiguration], _ endpoint: Source.Endpoint, _ reader: inout SettingReader
    ) {
        guard case .eventHub(let source, let hub) = endpoint else { return }
        for sink in sinks {
            guard case .eventHub(let string, let name, _, _) = sink.target,
                string.host.lowercased() == source.host.lowercased(),
                string.port == source.port, name.lowercased() == hub.lowercased()
            else { continue }
            reader.add([
                ConfigurationProblem(
                    place: sink.place,
                    message: "'sinks.\(sink.name)' writes into the hub that is read: findings would be read as logs")
            ])
        }
    }

    static func rotation(_ reader: inout SettingReader, _ prefix: String) -> SinkConfiguration.Rotation {
        func isSet(_ name: String) -> Bool { reader.optional(prefix + name) != nil }
        let size = isSet("rotate_size") ? reader.bytes(prefix + "rotate_size") : nil
        let interval = isSet("rotate_every") ? reader.duration(prefix + "rotate_every") : nil
        let keep = isSet("keep") ? reader.integer(prefix + "keep") : nil
        if keep != nil, size == nil, interval == nil {
            reader.refuse(prefix + "keep", "nothing is put aside without rotate_size or rotate_every")
        }
        return SinkConfiguration.Rotation(bytesMax: size, interval: interval, keep: keep)
    }
}

/// Reads one sink's options as types and collects what is wrong with them.
private struct SinkResolver {
    private let sink: GivenSink
    private let type: String
    private let variables: [String: String]
    private let proxies: ProxyEnvironment
    private var reader: SettingReader

    var problems: [ConfigurationProblem] { reader.problems }

    init(_ sink: GivenSink, type: String, variables: [String: String], proxies: ProxyEnvironment) {
        self.sink = sink
        self.type = type
        self.variables = variables
        self.proxies = proxies
        reader = SettingReader(sink, type: type)
    }

    mutating func resolve(
        _ readFile: (String) throws(ConfigurationProblem) -> String
    ) -> SinkConfiguration? {
        checkNames()
        guard let target = target(readFile) else { return nil }
        let way = SinkConfiguration.proxy(to: target, of: sink.name, &reader, proxies, readFile)
        let severities = ["informational", "low", "medium", "high", "critical"]
        let isFile = type == "file"
        return SinkConfiguration(
            name: sink.name, place: sink.place,
            filter: SinkConfiguration.Filter(
                alertsOnly: isFile ? false : reader.choice("only") == "alerts",
                severityMin: isFile ? 1 : (severities.firstIndex(of: reader.choice("severity_min")) ?? 0) + 1,
                beginsAtOldest: isFile ? true : reader.choice("begin") == "oldest"),
            delivery: isFile
                ? SinkConfiguration.Delivery(
                    timeout: .zero, retryMax: .zero, giveUpAfter: .zero, stopsWhenFull: true)
                : SinkConfiguration.Delivery(
                    timeout: reader.duration("timeout"), retryMax: reader.duration("retry_max"),
                    giveUpAfter: reader.duration("give_up_after"), stopsWhenFull: reader.choice("when_full") == "stop"),
            target: target, proxy: way)
    }

    private mutating func checkNames() {
        let options = SinkOption.all(of: type)
        for (name, given) in sink.options.sorted(by: { $0.key < $1.key }) where name != "type" {
            guard let option = options.first(where: { $0.path == name }) else {
                let hint = NearestName.of(name, in: options.map(\.path)).map { "; did you mean '\($0)'?" } ?? ""
                reader.add([
                    ConfigurationProblem(
                        place: given.place, message: "a \(type) sink has no option 'sinks.\(sink.name).\(name)'\(hint)")
                ])
                continue
            }
            let isMap = !given.lists.isEmpty || given.texts.isEmpty
            if option.kind == .texts ? !isMap : (isMap || given.texts.count != 1) {
                reader.refuse(name, "takes a \(option.accepts)")
            }
        }
    }

    private mutating func target(
        _ readFile: (String) throws(ConfigurationProblem) -> String
    ) -> SinkConfiguration.Target? {
        switch type {
        case "webhook":
            let url = url(readFile)
            let secret = secret("secret", readFile)
            if let text = secret?.revealed, text.hasPrefix("whsec_"),
                Data(base64Encoded: String(text.dropFirst("whsec_".count)))?.isEmpty != false
            {
                reader.refuse(reader.isGiven("secret") ? "secret" : "secret_file", "behind whsec_ stands base64")
            }
            // Whatever is wrong with one, the others are looked at as well: every mistake is named at once.
            let webhook = SinkConfiguration.Webhook(
                url: url ?? Secret(""), method: reader.choice("method"), secret: secret, headers: headers(readFile),
                template: oneOf("template", readFile), trust: trust())
            return url == nil ? nil : .webhook(webhook)
        case "slack": return url(readFile).map { .slack(url: $0, trust: trust()) }
        case "teams": return url(readFile).map { .teams(url: $0, trust: trust()) }
        case "eventhub": return eventHub(readFile)
        case "syslog": return syslog()
        case "file":
            guard let path = reader.optional("path") else {
                reader.refuse("path", "is missing")
                return nil
            }
            return .file(path: path, Configuration.rotation(&reader, ""))
        default: return nil
        }
    }

    /// A text given directly or in a file, but not both; nil for none.
    private mutating func oneOf(
        _ name: String, _ readFile: (String) throws(ConfigurationProblem) -> String
    ) -> String? {
        let file = name + "_file"
        guard let path = reader.optional(file) else { return reader.optional(name) }
        if reader.optional(name) != nil { reader.refuse(file, "\(name) is given too: choose one") }
        do {
            let text = try readFile(path).trimmed
            if text.isEmpty { reader.refuse(file, "'\(path)' is empty") }
            return text
        } catch {
            reader.refuse(file, error.message)
            return nil
        }
    }

    private mutating func secret(
        _ name: String, _ readFile: (String) throws(ConfigurationProblem) -> String
    ) -> Secret? {
        oneOf(name, readFile).map { Secret($0) }
    }

    private mutating func url(_ readFile: (String) throws(ConfigurationProblem) -> String) -> Secret? {
        let before = reader.problems.count
        guard let secret = secret("url", readFile) else {
            if reader.problems.count == before { reader.refuse("url", "is missing: give url or url_file") }
            return nil
        }
        let name = reader.optional("url_file") != nil ? "url_file" : "url"
        // The address may be a secret: no message repeats it.
        guard let url = URL(string: secret.revealed), let host = url.host(), !host.isEmpty,
            let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme)
        else {
            reader.refuse(name, "takes https://host/path")
            return nil
        }
        if url.user() != nil || url.password() != nil {
            reader.refuse(name, "takes no user and password: give a header, such as Authorization, in a file")
        }
        if scheme == "http", !["127.0.0.1", "::1", "[::1]", "localhost"].contains(host.lowercased()) {
            reader.refuse(
                name, "findings do not go over the network unencrypted: takes https; http only to this machine")
        }
        return secret
    }

    private mutating func headers(
        _ readFile: (String) throws(ConfigurationProblem) -> String
    ) -> [(name: String, value: Secret)] {
        var headers = reader.texts("headers").map { (name: $0.name, value: Secret($0.text)) }
        for (name, path) in reader.texts("header_files") {
            do {
                headers.append((name, Secret(try readFile(path).trimmed)))
            } catch {
                reader.refuse("header_files", "\(name): \(error.message)")
            }
        }
        for (name, variable) in reader.texts("header_variables") {
            guard let value = variables[variable], !value.isEmpty else {
                reader.refuse("header_variables", "\(name): the environment has no '\(variable)'")
                continue
            }
            headers.append((name, Secret(value)))
        }
        var seen: Set<String> = []
        for (name, value) in headers {
            let option = ["headers", "header_files", "header_variables"].first { reader.lists($0)[name] != nil }
            if !Self.isToken(name) || value.revealed.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) {
                reader.refuse(option ?? "headers", "'\(name)' is no header's name, or its value has a line end")
            }
            if Self.ownHeaders.contains(name.lowercased()) {
                reader.refuse(option ?? "headers", "'\(name)' is set by hubwatch")
            }
            if !seen.insert(name.lowercased()).inserted {
                reader.refuse(option ?? "headers", "'\(name)' is given twice")
            }
        }
        return headers
    }

    /// RFC 9110, section 5.6.2.
    private static func isToken(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 128
            && name.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || ("0"..."9").contains($0)
                        || "!#$%&'*+-.^_`|~".unicodeScalars.contains($0))
            }
    }

    /// What hubwatch itself sets, and what would change where or how the request is read.
    private static let ownHeaders: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "webhook-id", "webhook-timestamp",
        "webhook-signature",
    ]

    private mutating func eventHub(
        _ readFile: (String) throws(ConfigurationProblem) -> String
    ) -> SinkConfiguration.Target? {
        let before = reader.problems.count
        guard let text = oneOf("connection_string", readFile) else {
            if reader.problems.count == before {
                reader.refuse("connection_string", "is missing: give connection_string or connection_string_file")
            }
            return nil
        }
        let name = reader.optional("connection_string_file") != nil ? "connection_string_file" : "connection_string"
        let problems = ConnectionString.problems(in: text)
        for problem in problems { reader.refuse(name, "\(problem)") }
        guard problems.isEmpty, let string = try? ConnectionString(parsing: text) else { return nil }
        let hub = reader.optional("hub")
        if let hub, let path = string.entityPath, hub.lowercased() != path.lowercased() {
            reader.refuse("hub", "is '\(hub)', but the connection string has EntityPath=\(path): they must agree")
        }
        guard let hub = hub ?? string.entityPath else {
            reader.refuse("hub", "name the event hub: the connection string has no EntityPath")
            return nil
        }
        return .eventHub(
            string, hub: hub, usesWebSockets: reader.choice("transport") == "websockets",
            authorityFile: reader.optional("ca_file"))
    }

    private mutating func syslog() -> SinkConfiguration.Target? {
        var syslog = SinkConfiguration.Syslog(
            host: "", port: 0, usesTLS: reader.boolean("tls"), facility: reader.integer("facility"),
            body: reader.choice("body"), bytesMax: reader.bytes("bytes_max"), trust: trust())
        let address = reader.text("address")
        let colon = address.lastIndex(of: ":")
        var host = colon.map { String(address[..<$0]) } ?? ""
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard let colon, !host.isEmpty, let port = Int(address[address.index(after: colon)...]),
            (1...65_535).contains(port)
        else {
            reader.refuse("address", "takes host:port, such as logs.example.com:6514; '\(address)' is none")
            return nil
        }
        (syslog.host, syslog.port) = (host, port)
        return .syslog(syslog)
    }

    private mutating func trust() -> SinkConfiguration.Trust {
        let trust = SinkConfiguration.Trust(
            authorityFile: reader.optional("ca_file"), certificateFile: reader.optional("certificate_file"),
            keyFile: reader.optional("key_file"))
        if trust.keyFile != nil, trust.certificateFile == nil {
            reader.refuse("key_file", "certificate_file is missing")
        }
        return trust
    }
}
