public import EventHubs

/// The proof that the agent of Azure Arc asks for: the contents of a file that only members of its group may read.
///
/// The agent's answer names the file, and whatever listens on its port could name another one to have it sent: only a `.key` file
/// directly in the agent's own folder is read, and only a small one.
///
/// **Shape**: `WWW-Authenticate: Basic realm=/var/opt/azcmagent/tokens/<name>.key`.
public struct ArcChallenge: Hashable, Sendable {
    /// The agent's folder on Linux.
    public static let folder = "/var/opt/azcmagent/tokens"
    /// The most bytes of a file.
    public static let bytesMax = 4096

    /// The file.
    public let file: String

    /// Reads the answer's header.
    public init(_ response: TokenResponse, folder: String = Self.folder) throws(EventHubsError) {
        guard response.status == 401, let header = response.challenge else {
            throw Self.refused("status \(response.status) came without a challenge")
        }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic", parts[1].lowercased().hasPrefix("realm=") else {
            throw Self.refused("the challenge is not `Basic realm=<file>`")
        }
        var path = parts[1].dropFirst("realm=".count)
        if path.count >= 2, path.first == "\"", path.last == "\"" { path = path.dropFirst().dropLast() }
        let name = path.dropFirst(folder.count + 1)
        let isUsable =
            path.hasPrefix(folder + "/") && !name.contains("/") && name.hasSuffix(".key") && name.utf8.count > 4
            && name.utf8.count <= 255 && name.utf8.allSatisfy { $0 > 32 && $0 < 127 }
        guard isUsable else {
            throw Self.refused("the challenge names a file outside of \(folder), or none that ends with .key")
        }
        file = String(path)
    }

    private static func refused(_ what: String) -> EventHubsError {
        EventHubsError(
            .protocolViolation, "Azure Arc's answer was not followed: \(what)",
            remedy: "Check that the agent of Azure Arc (himds) listens at IDENTITY_ENDPOINT, and nothing else",
            isRetriable: true, scope: .connection)
    }
}
