import Foundation

/// The files that paths stand for.
enum MessageFolder {
    /// Endings of the files that are taken from a folder; a file that is named itself may be called anything.
    static let endings = [".ndjson", ".jsonl", ".json", ".gz"]

    /// Files as they are named, folders with all that is in them in order of their paths; each file once.
    static func files(at paths: [String]) throws(ReplayError) -> [String] {
        var found: [String] = []
        for path in paths {
            var isFolder: ObjCBool = false
            guard path != "-", FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
                isFolder.boolValue
            else {
                found.append(path)
                continue
            }
            let names: [String]
            do {
                names = try FileManager.default.subpathsOfDirectory(atPath: path)
            } catch {
                throw ReplayError(.ioFailure, "the folder '\(path)' cannot be read: \(error.localizedDescription)")
            }
            let inside = names.filter { name in
                !name.split(separator: "/").contains { $0.hasPrefix(".") }
                    && endings.contains { name.lowercased().hasSuffix($0) }
            }
            guard !inside.isEmpty else {
                throw ReplayError(
                    .notFound, "there is nothing in '\(path)' that ends in \(endings.joined(separator: ", "))")
            }
            let root = path.hasSuffix("/") ? String(path.dropLast()) : path
            found += inside.sorted().map { "\(root)/\($0)" }
        }
        var seen: Set<String> = []
        return found.filter { seen.insert($0).inserted }
    }
}
