import Foundation
import Synchronization

/// A child process with pipes to its standard input and output.
final class Program {
    /// Used by it from its start to its end.
    struct Usage {
        var cpuSeconds = 0.0
        var memoryPeakBytes = 0.0
        var status: Int32 = 0
    }

    let name: String
    let id: pid_t
    private var input: Int32
    private let output: Int32
    private var buffer: [UInt8] = []
    private(set) var usage: Usage?
    private let log: String

    /// Children that are alive: whoever ends the driver ends them too.
    private static let living = Mutex<Set<pid_t>>([])

    /// Starts a program; its standard error goes to a file, whose end is shown when it fails.
    init(_ path: String, _ arguments: [String], log: String) throws {
        name = (path as NSString).lastPathComponent
        self.log = log
        var (toChild, fromChild): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
        guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else { throw BenchFailure("no pipe") }
        for descriptor in toChild + fromChild { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
        posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var id: pid_t = 0
        let code = posix_spawnp(&id, path, &actions, nil, &words, environ)
        close(toChild[0])
        close(fromChild[1])
        input = toChild[1]
        output = fromChild[0]
        self.id = id
        guard code == 0 else {
            usage = Usage(status: -1)
            throw BenchFailure("\(path) cannot be started: \(String(cString: strerror(code)))")
        }
        Self.living.withLock { _ = $0.insert(id) }
    }

    deinit {
        if usage == nil {
            Foundation.kill(id, SIGKILL)
            wait()
        }
        closeInput()
        close(output)
    }

    /// Ends all children; for a driver that is told to end.
    static func endAll() {
        for id in living.withLock({ $0 }) { Foundation.kill(id, SIGKILL) }
    }

    /// Writes a line to its standard input.
    func send(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
    }

    /// Ends its standard input, which is an order to stop.
    func closeInput() {
        guard input >= 0 else { return }
        close(input)
        input = -1
    }

    /// The next line that it writes; nil at its end.
    ///
    /// **Errors**: no line within the time.
    func line(within seconds: Double) throws -> String? {
        let end = ContinuousClock.now.advanced(by: .milliseconds(Int(seconds * 1000)))
        while true {
            if let feed = buffer.firstIndex(of: 10) {
                defer { buffer.removeFirst(feed + 1) }
                return String(decoding: buffer[..<feed], as: UTF8.self)
            }
            let left = ContinuousClock.now.duration(to: end)
            var waiting = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            let milliseconds = Int32(clamping: Int(left.seconds * 1000))
            guard milliseconds > 0, poll(&waiting, 1, milliseconds) > 0 else {
                throw BenchFailure("\(name) said nothing for \(Int(seconds)) s\(tail)")
            }
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = read(output, &chunk, chunk.count)
            if count > 0 {
                buffer += chunk.prefix(count)
            } else if count == 0 {
                return nil
            }
        }
    }

    /// The next line as JSON.
    func object<Value: Decodable>(_ type: Value.Type, within seconds: Double) throws -> Value {
        guard let line = try line(within: seconds) else {
            wait()
            throw BenchFailure("\(name) ended with status \(usage?.status ?? -1)\(tail)")
        }
        do {
            return try JSONDecoder().decode(type, from: Data(line.utf8))
        } catch {
            throw BenchFailure("\(name) said '\(line)'")
        }
    }

    /// Asks it to end.
    func terminate() { if usage == nil { Foundation.kill(id, SIGTERM) } }

    /// Ends it.
    func kill() { if usage == nil { Foundation.kill(id, SIGKILL) } }

    /// Waits for its end.
    @discardableResult
    func wait() -> Usage {
        if let usage { return usage }
        var status: Int32 = 0
        var used = rusage()
        while wait4(id, &status, 0, &used) < 0, errno == EINTR {}
        Self.living.withLock { _ = $0.remove(id) }
        let seconds = { (time: timeval) in Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        let found = Usage(
            cpuSeconds: seconds(used.ru_utime) + seconds(used.ru_stime),
            memoryPeakBytes: Double(used.ru_maxrss) * 1024,
            status: status & 0x7F == 0 ? (status >> 8) & 0xFF : -(status & 0x7F))
        usage = found
        return found
    }

    /// The end of what it wrote to standard error.
    private var tail: String {
        guard let text = try? String(contentsOfFile: log, encoding: .utf8), !text.isEmpty else { return "" }
        return ": " + text.suffix(500)
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

/// Why something was not measured.
struct BenchFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
