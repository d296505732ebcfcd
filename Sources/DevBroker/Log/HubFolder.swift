import Foundation

/// The folder of a broker's hubs: one folder a hub, with its description and a file per partition.
struct HubFolder: Sendable {
    /// What a hub's folder says about it.
    struct Description: Codable, Sendable {
        var name: String
        var createdAt: Int64
        var partitionCount: Int
        var groups: [String]
    }

    private let url: URL

    /// Opens the folder, making it when it is not there.
    init(path: String) throws(DevBrokerError) {
        url = URL(filePath: path, directoryHint: .isDirectory)
        try Self.make(url)
    }

    /// The hubs that the folder holds, in alphabetical order.
    func descriptions() throws(DevBrokerError) -> [Description] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
        var found: [Description] = []
        for name in names {
            let file = url.appending(path: name).appending(path: "hub.json")
            guard let data = FileManager.default.contents(atPath: file.path) else { continue }
            guard let description = try? JSONDecoder().decode(Description.self, from: data) else {
                throw DevBrokerError(
                    .dataUnusable, "`\(file.path)` is no description of a hub. Remove the folder to start anew.")
            }
            found.append(description)
        }
        return found
    }

    /// Writes a hub's description, making its folder.
    func write(_ description: Description) throws(DevBrokerError) {
        let folder = self.folder(of: description.name)
        try Self.make(folder)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        do {
            try encoder.encode(description).write(to: folder.appending(path: "hub.json"), options: .atomic)
        } catch {
            throw DevBrokerError(.dataUnusable, "Cannot write into `\(folder.path)`: \(error.localizedDescription)")
        }
    }

    /// The file of a partition.
    func partitionPath(hub: String, number: Int) -> String { folder(of: hub).appending(path: "\(number).events").path }

    /// Removes a hub with its events.
    func remove(_ hub: String) { try? FileManager.default.removeItem(at: folder(of: hub)) }

    /// Hub names may hold slashes; a folder's name may not.
    private func folder(of hub: String) -> URL {
        let name = hub.lowercased().addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "hub"
        return url.appending(path: name, directoryHint: .isDirectory)
    }

    private static func make(_ folder: URL) throws(DevBrokerError) {
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw DevBrokerError(
                .dataUnusable, "Cannot make the folder `\(folder.path)`: \(error.localizedDescription)")
        }
    }
}
