import Foundation

/// The progress line: on a terminal one line that changes, elsewhere a line now and then.
final class DrillProgress {
    private let isTerminal = isatty(2) == 1
    private let isOn: Bool
    private var lastShown = ContinuousClock.now

    init(isOn: Bool) { self.isOn = isOn }

    func show(
        _ tally: Drill.Tally, _ published: Int, _ options: Drill.Options, _ elapsed: Duration, findings: Int64
    ) {
        let pause: Duration = isTerminal ? .milliseconds(250) : .seconds(15)
        guard isOn, lastShown.duration(to: .now) > pause || tally.kills == options.kills else { return }
        lastShown = .now
        let left = elapsed.seconds / Double(max(1, tally.kills)) * Double(options.kills - tally.kills)
        let text =
            "kill \(tally.kills) of \(options.kills), \(tally.atPoints) at points; "
            + "\(published) of \(options.messages) messages published; "
            + "findings file \((findings / 1024)) KiB; \(Int(left)) s left"
        write(isTerminal ? "\r\u{1B}[K" + text + (tally.kills == options.kills ? "\n" : "") : text + "\n")
    }

    /// A line of its own.
    func say(_ text: String) { if isOn { write(text + "\n") } }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
