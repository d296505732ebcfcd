import Foundation

/// A process of the drill: its own child, with pipes to its standard input and output.
///
/// Not Foundation's `Process`: it collects a dead child by itself, and a signal sent after that could reach a stranger.
/// Here a child keeps its id until ``wait()``.
final class ChildProcess {
    /// How a process ended.
    enum End: Equatable, CustomStringConvertible {
        case exited(Int32)
        case killed(Int32)

        var description: String {
            switch self {
            case .exited(let status): "ended with status \(status)"
            case .killed(let signal): "was ended by signal \(signal)"
            }
        }
    }

    let name: String
    /// Readable end of its standard output; at its end when the process is dead.
    let output: Int32
    private var input: Int32
    private let id: pid_t
    private var buffer: [UInt8] = []
    private(set) var end: End?
    /// Nothing more comes: it has closed its output, or is dead.
    private(set) var isSilent = false

    /// Starts a program; its standard error goes to the end of a file.
    init(_ path: String, _ arguments: [String], name: String, log: String) throws {
        self.name = name
        var (toChild, fromChild): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
        guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else {
            throw DrillFailure("no pipe: \(String(cString: strerror(errno)))")
        }
        // No other child may hold these ends: a pipe would not end with its process.
        for descriptor in toChild + fromChild { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
        posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var id: pid_t = 0
        let code = posix_spawn(&id, path, &actions, nil, &words, environ)
        close(toChild[0])
        close(fromChild[1])
        input = toChild[1]
        output = fromChild[0]
        self.id = id
        guard code == 0 else {
            throw DrillFailure("\(path) cannot be started: \(String(cString: strerror(code)))")
        }
        _ = fcntl(output, F_SETFL, fcntl(output, F_GETFL) | O_NONBLOCK)
    }

    deinit {
        if end == nil {
            kill()
            wait()
        }
        closeInput()
        close(output)
    }

    /// Writes a line to its standard input; does nothing when it no longer reads.
    func send(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
    }

    /// Ends its standard input: an order to stop.
    func closeInput() {
        guard input >= 0 else { return }
        close(input)
        input = -1
    }

    /// The whole lines that it has written since the last call.
    func lines() -> [String] {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while !isSilent {
            let count = read(output, &chunk, chunk.count)
            if count > 0 {
                buffer += chunk.prefix(count)
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                isSilent = true
            } else if errno == EAGAIN {
                break
            }
        }
        guard let last = buffer.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        let text = String(decoding: buffer[..<last], as: UTF8.self)
        buffer.removeFirst(last + 1)
        return text.split(separator: "\n").map(String.init)
    }

    /// `kill -9`.
    func kill() {
        if end == nil { Foundation.kill(id, SIGKILL) }
    }

    /// Asks it to end.
    func terminate() {
        if end == nil { Foundation.kill(id, SIGTERM) }
    }

    /// Waits for its end.
    @discardableResult
    func wait() -> End {
        if let end { return end }
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        let found: End = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal)
        end = found
        return found
    }

    /// Waits until one of these has written something or is dead, or a time has passed.
    static func await(_ children: [ChildProcess], milliseconds: Int) {
        var descriptors = children.filter { !$0.isSilent }.map {
            pollfd(fd: $0.output, events: Int16(POLLIN), revents: 0)
        }
        _ = poll(&descriptors, nfds_t(descriptors.count), Int32(max(0, milliseconds)))
    }
}

/// Why a drill failed.
struct DrillFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
