import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A terminal without a screen, and a process whose controlling terminal it is: keys go in, frames come out.
///
/// **Source**: pty(7), ioctl_tty(2), termios(3); a session leader that opens a terminal gets it as its own.
final class PseudoTerminal: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// What became of the process.
    enum State: Equatable {
        case running
        case stopped
        case exited(Int32)
        case killed(Int32)
    }

    private let master: Int32
    private let slave: Int32
    private let path: String
    private let facts: FactSignal
    private let written = Mutex<[UInt8]>([])
    private let hangsUp = Mutex(false)
    private let process = Mutex<(id: pid_t, state: State)>((0, .running))

    /// Unlocks the other end.
    private static let unlocks: UInt = 0x4004_5431  // TIOCSPTLCK
    /// Tells its number.
    private static let tellsNumber: UInt = 0x8004_5430  // TIOCGPTN
    /// The process leads a session of its own.
    private static let ownSession: Int16 = 0x80  // POSIX_SPAWN_SETSID

    /// Makes a terminal of a size.
    init(columns: Int, lines: Int, facts: FactSignal) throws {
        self.facts = facts
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (isLocked, number): (Int32, Int32) = (0, 0)
        guard master >= 0, ioctl(master, Self.unlocks, &isLocked) == 0, ioctl(master, Self.tellsNumber, &number) == 0
        else {
            throw Failure(description: "no pseudo-terminal: \(String(cString: strerror(errno)))")
        }
        path = "/dev/pts/\(number)"
        slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard slave >= 0 else { throw Failure(description: "'\(path)': \(String(cString: strerror(errno)))") }
        resize(columns: columns, lines: lines)
        listen()
    }

    /// Runs a program on it.
    func start(_ program: String, _ arguments: [String], environment: [String: String]) throws {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Self.ownSession)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
        for descriptor: Int32 in [1, 2] { posix_spawn_file_actions_adddup2(&actions, 0, descriptor) }
        // The tests' own sockets: a server that is stopped here would go on listening there.
        // Beyond what the process may have open the spawn would fail.
        let descriptorsMax = Int32(min(4096, max(3, sysconf(Int32(_SC_OPEN_MAX)))))
        for descriptor in 3..<descriptorsMax { posix_spawn_file_actions_addclose(&actions, descriptor) }
        let words = ([program] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var id: pid_t = 0
        let result = posix_spawn(&id, program, &actions, &attributes, words, variables)
        guard result == 0 else { throw Failure(description: "\(program): \(String(cString: strerror(result)))") }
        process.withLock { $0 = (id, .running) }
        watch(id)
    }

    /// What became of the process so far.
    var state: State { process.withLock { $0.state } }

    /// Sends the process a signal while it is there: its number may be another's afterwards.
    func signal(_ number: Int32) {
        process.withLock { if $0.state == .running || $0.state == .stopped { kill($0.id, number) } }
    }

    /// Presses keys.
    func press(_ bytes: [UInt8]) { _ = write(master, bytes, bytes.count) }

    /// Changes the size; the process gets the signal for it.
    func resize(columns: Int, lines: Int) {
        var size = winsize(ws_row: UInt16(lines), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    /// Whether it echoes and reads whole lines, as a shell leaves it.
    var isCooked: Bool {
        var settings = termios()
        tcgetattr(slave, &settings)
        let wanted = tcflag_t(ICANON | ECHO | ISIG)
        return settings.c_lflag & wanted == wanted && withUnsafeBytes(of: &settings.c_cc) { $0[Int(VSUSP)] } == 0x1A
    }

    /// Everything that was written to it.
    var text: String { String(decoding: written.withLock { $0 }, as: UTF8.self) }

    /// Whether the other screen is on, and the cursor off.
    var isTaken: Bool {
        let text = text
        func last(_ code: String) -> String.Index? { text.range(of: code, options: .backwards)?.lowerBound }
        guard let on = last("\u{1B}[?1049h") else { return false }
        guard let off = last("\u{1B}[?1049l"), let shown = last("\u{1B}[?25h") else { return true }
        return on > off || on > shown
    }

    /// The lines of the newest whole frame, without colours.
    var frame: [String] {
        // A frame is a few kilobytes long: what was written long before it is not looked at.
        let end = String(decoding: written.withLock { Array($0.suffix(1 << 16)) }, as: UTF8.self)
        let frames = end.components(separatedBy: "\u{1B}[H").dropFirst()
        guard let whole = frames.last(where: { $0.contains("\u{1B}[J") }) else { return [] }
        let text = whole.components(separatedBy: "\u{1B}[J")[0].replacing(/\u{1B}\[[0-9;]*m/, with: "")
        // The terminal turns a line's end into two characters, which are one to Swift.
        return text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(String.UnicodeScalarView(line.filter { $0 != "\r" })).replacing("\u{1B}[K", with: "")
        }
    }

    /// Hangs up at the next thing that is written, as a terminal does whose window is closed.
    func hangUp() { hangsUp.withLock { $0 = true } }

    /// Gives everything back; the process must have ended.
    func release() { close(slave) }

    /// A thread that reads what is written, and owns the terminal's end: no other may close it under a read.
    private func listen() {
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while !hangsUp.withLock({ $0 }) {
                let count = read(master, &buffer, buffer.count)
                guard count > 0 else { break }
                written.withLock { $0 += buffer[..<count] }
                facts.changed()
            }
            close(master)
        }
    }

    private func watch(_ id: pid_t) {
        Thread.detachNewThread { [self] in
            var status: Int32 = 0
            while waitpid(id, &status, WUNTRACED | WCONTINUED) == id {
                let state = Self.state(status)
                process.withLock { $0.state = state }
                facts.changed()
                if state != .running && state != .stopped { return }
            }
        }
    }

    /// What a status of waitpid(2) means.
    private static func state(_ status: Int32) -> State {
        if status == 0xFFFF { return .running }
        if status & 0xFF == 0x7F { return .stopped }
        return status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .killed(status & 0x7F)
    }
}
