import Foundation
import UnixSignals

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A terminal taken over for a while: its other screen, no cursor, keys as they are pressed.
///
/// ``release()`` gives it back as it was; whoever takes it must release it on every way out.
struct FullScreen {
    /// What happens at a terminal.
    enum Event: Sendable, Equatable {
        /// A key was pressed.
        case key(UInt8)
        /// The terminal has another size.
        case resized
        /// Somebody ends the program.
        case stopped
        /// The time for a new look has come.
        case due
        /// What was asked for has come.
        case answered
    }

    #if canImport(Glibc)
        private static let noCharacter: UInt8 = 0
    #else
        private static let noCharacter: UInt8 = 0xFF
    #endif

    private let original: termios?

    /// Takes the terminal.
    init() {
        var attributes = termios()
        original = tcgetattr(STDIN_FILENO, &attributes) == 0 ? attributes : nil
        take()
    }

    private func take() {
        if var attributes = original {
            attributes.c_lflag &= ~tcflag_t(ICANON | ECHO)
            // Ctrl-Z comes as a key: the terminal must be given back before the process stops.
            withUnsafeMutableBytes(of: &attributes.c_cc) { $0[Int(VSUSP)] = Self.noCharacter }
            tcsetattr(STDIN_FILENO, TCSANOW, &attributes)
        }
        Terminal.write(Array("\u{1b}[?1049h\u{1b}[?25l".utf8), to: STDOUT_FILENO)
    }

    /// Gives the terminal back.
    func release() {
        Terminal.write(Array("\u{1b}[?25h\u{1b}[?1049l".utf8), to: STDOUT_FILENO)
        if var original { tcsetattr(STDIN_FILENO, TCSANOW, &original) }
    }

    /// Gives the terminal back, stops until a shell goes on with the process, and takes the terminal again.
    ///
    /// Where no shell could go on with it, as over `ssh -t`, the system does not stop it: SIGSTOP would, for good.
    func suspend() {
        release()
        // Sent to this thread, which may block it as threads of a pool do, so that the process stands before the next line.
        var (suspension, before) = (sigset_t(), sigset_t())
        sigemptyset(&suspension)
        sigaddset(&suspension, SIGTSTP)
        pthread_sigmask(SIG_UNBLOCK, &suspension, &before)
        raise(SIGTSTP)
        pthread_sigmask(SIG_SETMASK, &before, nil)
        take()
    }

    /// Columns and lines; nil when standard output is no terminal.
    static var size: (columns: Int, lines: Int)? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Writes lines over what is shown; the rest of the screen is emptied.
    static func show(_ lines: [String]) {
        var text = "\u{1b}[H"
        for (index, line) in lines.enumerated() {
            text += line + "\u{1b}[K" + (index + 1 < lines.count ? "\r\n" : "")
        }
        text += "\u{1b}[J"
        Terminal.write(Array(text.utf8), to: STDOUT_FILENO)
    }

    /// Keys, signals, and a beat, until the task that reads them ends.
    ///
    /// From its return on signals are caught: the terminal may be taken after that, or a signal at the wrong moment would leave
    /// it taken. The thread that waits for keys stays behind in `read`: it holds nothing, and the program ends soon after.
    ///
    /// - Returns: the events, and what adds one.
    static func events(every interval: Duration) async -> (AsyncStream<Event>, AsyncStream<Event>.Continuation) {
        let caught = await UnixSignalsSequence(trapping: .sigwinch, .sigcont, .sigint, .sigterm, .sighup)
        let (events, continuation) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(64))
        let beat = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: interval)
                continuation.yield(.due)
            }
        }
        let signals = Task {
            for await signal in caught {
                continuation.yield(signal == .sigwinch || signal == .sigcont ? .resized : .stopped)
            }
        }
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while read(STDIN_FILENO, &byte, 1) == 1 { continuation.yield(.key(byte)) }
        }
        continuation.onTermination = { _ in
            beat.cancel()
            signals.cancel()
        }
        return (events, continuation)
    }
}
