#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Tells systemd how the service is: ready, reloading, stopping, alive.
///
/// Does nothing where no service manager has asked for it. **Source**: sd_notify(3): one datagram of `NAME=value` lines to
/// the socket in `NOTIFY_SOCKET`.
struct ServiceManager: Sendable {
    private let address: [UInt8]
    /// How long the manager waits for a sign of life; nil when it does not watch.
    let watchdog: Duration?

    /// Reads `NOTIFY_SOCKET` and `WATCHDOG_USEC`; nil when nobody listens.
    init?(environment: [String: String], process: Int32 = getpid()) {
        guard let path = environment["NOTIFY_SOCKET"], path.hasPrefix("/") || path.hasPrefix("@") else { return nil }
        var bytes = Array(path.utf8)
        // An abstract address begins with a zero, and has none at its end.
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 } else { bytes.append(0) }
        guard bytes.count <= MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
        address = bytes
        let isWatched = environment["WATCHDOG_PID"].map { $0 == "\(process)" } ?? true
        let limit = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        watchdog = isWatched && limit > 0 ? .microseconds(limit) : nil
    }

    /// The service works; `status` is what `systemctl status` shows.
    func ready(_ status: String) { send(["READY=1", "STATUS=\(status)"]) }

    /// The service takes other settings; ``ready(_:)`` says that it has.
    func reloading() { send(["RELOADING=1", "MONOTONIC_USEC=\(Self.microseconds)", "STATUS=Reloading"]) }

    /// The service drains and ends.
    func stopping() { send(["STOPPING=1", "STATUS=Committing what was read"]) }

    /// The service is alive.
    func alive(_ status: String) { send(["WATCHDOG=1", "STATUS=\(status)"]) }

    /// A line for `systemctl status`.
    func status(_ text: String) { send(["STATUS=\(text)"]) }

    private func send(_ lines: [String]) {
        #if canImport(Glibc)
            let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        #else
            let kind = SOCK_DGRAM
        #endif
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: address) }
        let size = (MemoryLayout.offset(of: \sockaddr_un.sun_path) ?? 2) + address.count
        let text = Array(lines.map { $0.replacing("\n", with: " ") }.joined(separator: "\n").utf8)
        withUnsafePointer(to: target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                // A manager that does not listen is no reason to stop working.
                _ = sendto(descriptor, text, text.count, Int32(MSG_DONTWAIT), address, socklen_t(size))
            }
        }
    }

    private static var microseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
