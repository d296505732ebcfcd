import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// What systemd hears of a service: the datagrams that come to `NOTIFY_SOCKET`.
///
/// **Source**: sd_notify(3).
final class FakeServiceManager: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let descriptor: Int32
    private let heard = Mutex<[[String: String]]>([])

    /// Listens at a path.
    init(path: String, facts: FactSignal) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8) + [0]
        guard bytes.count <= MemoryLayout.size(ofValue: address.sun_path) else {
            throw Failure(description: "'\(path)' is too long for a socket")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0 else { throw Failure(description: "'\(path)': \(String(cString: strerror(errno)))") }
        Thread.detachNewThread { [weak self] in
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0, let self else { break }
                heard.withLock { $0.append(Self.read(buffer[..<count])) }
                facts.changed()
            }
            // No other may close it: its number could be another's by the time of the next `recv`.
            _ = Foundation.close(descriptor)
        }
    }

    /// The messages so far, each as its assignments.
    var messages: [[String: String]] { heard.withLock { $0 } }

    /// How many said so.
    func count(_ name: String) -> Int { messages.count { $0[name] == "1" } }

    /// Stops listening.
    func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private static func read(_ bytes: ArraySlice<UInt8>) -> [String: String] {
        var message: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { message[String(parts[0])] = String(parts[1]) }
        }
        return message
    }
}
