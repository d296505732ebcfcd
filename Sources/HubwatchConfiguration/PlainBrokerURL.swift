import EventHubs

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Configuration {
    /// Reads `source.amqp.*`.
    static func plainBroker(
        _ reader: inout SettingReader, _ readFile: (String) throws(ConfigurationProblem) -> String
    ) -> PlainBroker? {
        let path = "source.amqp.url"
        // The text may hold a password: no message repeats it.
        guard let url = URL(string: reader.text(path)), let host = url.host(), !host.isEmpty,
            let scheme = url.scheme?.lowercased(), ["amqp", "amqps"].contains(scheme)
        else {
            reader.refuse(path, "takes amqp://[user[:password]@]host[:port] or amqps://…")
            return nil
        }
        var password = url.password(percentEncoded: false)
        if let file = reader.optional("source.amqp.password_file") {
            do {
                password = try readFile(file).trimmed
            } catch {
                reader.refuse("source.amqp.password_file", error.message)
            }
        }
        var partitions: [Int] = []
        do {
            if case .listed(let ranges) = try PartitionSelection(parsing: reader.text("source.amqp.partitions")) {
                partitions = ranges.flatMap { Array($0) }
            } else {
                reader.refuse("source.amqp.partitions", "takes a list such as 0-3,7")
            }
        } catch {
            reader.refuse("source.amqp.partitions", error.summary)
        }
        let template = reader.text("source.amqp.address")
        if partitions.count > 1, !template.contains("{partition}") {
            reader.refuse("source.amqp.address", "must contain {partition} when there are several partitions")
        }
        return PlainBroker(
            host: host, port: url.port ?? (scheme == "amqps" ? 5671 : 5672), usesTLS: scheme == "amqps",
            credentials: url.user(percentEncoded: false).map { ($0, password ?? "") }, addressTemplate: template,
            partitions: partitions)
    }
}
