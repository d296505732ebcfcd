#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the process writes to: a person's terminal, or something else.
enum Terminal {
    /// Standard output is a terminal.
    static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
    /// Standard error is a terminal.
    static let errorIsTerminal = isatty(STDERR_FILENO) == 1

    /// Standard input was a terminal when the process began, and is none any more: whoever sat there has hung up.
    static var inputIsGone: Bool {
        var settings = termios()
        return inputWasTerminal && tcgetattr(STDIN_FILENO, &settings) != 0
    }
    static let inputWasTerminal = isatty(STDIN_FILENO) == 1

    /// Columns of the terminal; 100 when there is none.
    static var width: Int {
        var size = winsize()
        for descriptor in [STDOUT_FILENO, STDERR_FILENO]
        where ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 { return Int(size.ws_col) }
        return 100
    }

    /// Whether colour is wanted on a stream: `auto` asks the stream, NO_COLOR and TERM=dumb.
    static func usesColour(_ setting: String, isTerminal: Bool) -> Bool {
        switch setting {
        case "always": true
        case "never": false
        default: isTerminal && getenv("NO_COLOR") == nil && getenv("TERM").map { String(cString: $0) } != "dumb"
        }
    }

    /// Writes a line to standard error.
    static func error(_ text: String) { write(Array((text + "\n").utf8), to: STDERR_FILENO) }

    /// Writes a line to standard output.
    static func output(_ text: String) { write(Array((text + "\n").utf8), to: STDOUT_FILENO) }

    /// Writes bytes as they are, all of them; false when the reader is gone.
    @discardableResult
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                #if canImport(Glibc)
                    Glibc.write(descriptor, buffer.baseAddress?.advanced(by: start), bytes.count - start)
                #else
                    Darwin.write(descriptor, buffer.baseAddress?.advanced(by: start), bytes.count - start)
                #endif
            }
            if count > 0 {
                start += count
            } else if errno != EINTR && errno != EAGAIN {
                return false
            }
        }
        return true
    }
}
