import Synchronization

/// One line at the bottom of a terminal that is written again and again; other output goes above it.
///
/// Does nothing when standard error is no terminal. **Isolation**: a lock orders it with log lines and findings.
final class StatusLine: Sendable {
    private struct State {
        var shown = ""
        var isOn: Bool
    }

    private let state: Mutex<State>

    /// Makes a line; off when standard error is no terminal.
    init(isOn: Bool = Terminal.errorIsTerminal) { state = Mutex(State(isOn: isOn)) }

    /// Shows a text, cut to the terminal's width.
    func show(_ text: String) {
        state.withLock { state in
            guard state.isOn else { return }
            state.shown = String(text.prefix(max(20, Terminal.width - 1)))
            Terminal.write(Array("\r\u{1B}[2K\(state.shown)".utf8), to: 2)
        }
    }

    /// Writes other output without tearing the line.
    func above(_ write: () -> Void) {
        state.withLock { state in
            if state.isOn, !state.shown.isEmpty { Terminal.write(Array("\r\u{1B}[2K".utf8), to: 2) }
            write()
            if state.isOn, !state.shown.isEmpty { Terminal.write(Array(state.shown.utf8), to: 2) }
        }
    }

    /// Removes the line for good.
    func end() {
        state.withLock { state in
            if state.isOn, !state.shown.isEmpty { Terminal.write(Array("\r\u{1B}[2K".utf8), to: 2) }
            state.shown = ""
            state.isOn = false
        }
    }
}

/// Numbers as a status line shows them.
enum Amount {
    /// `950`, `12.3k`, `4.56M`.
    static func count(_ number: Int64) -> String { scaled(Double(number), 1000, ["", "k", "M", "G", "T"]) }

    /// `950 B`, `12.3 MB`.
    static func bytes(_ number: Int64) -> String { scaled(Double(number), 1000, [" B", " kB", " MB", " GB", " TB"]) }

    /// A count a second.
    static func rate(_ number: Int64, _ seconds: Double) -> String {
        seconds > 0 ? count(Int64(Double(number) / seconds)) : "0"
    }

    private static func scaled(_ number: Double, _ step: Double, _ units: [String]) -> String {
        var value = number
        var unit = 0
        while value >= step, unit < units.count - 1 {
            value /= step
            unit += 1
        }
        if unit == 0 { return "\(Int(value))\(units[0])" }
        let digits = value < 10 ? 2 : value < 100 ? 1 : 0
        let factor = [1.0, 10, 100][digits]
        let rounded = (value * factor).rounded() / factor
        return digits == 0 ? "\(Int(rounded))\(units[unit])" : "\(rounded)\(units[unit])"
    }
}
