import ArgumentParser
import DiagnosticLogs
import FindingFormats
import HubwatchConfiguration
import HubwatchRuntime
@_spi(Revealing) import Redaction
import StateStore

/// `hubwatch deadletters`.
struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deadletters", abstract: "What could not be decoded: look at it, and judge it again.",
        discussion: "list and show work beside a running hubwatch; replay needs it stopped.",
        subcommands: [List.self, Show.self, Replay.self])

    /// `hubwatch deadletters list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List dead letters, oldest first.")
        @OptionGroup var options: ConfigurationOptions
        @Option(help: "List those after this id.") var after: Int64 = 0
        @Option(help: "Most to list.") var limit = 100
        @Flag(help: "Also those that were replayed.") var replayed = false
        @Flag(help: "One JSON object a dead letter.") var json = false

        func run() async throws {
            try await StateAccess.with(StateAccess.reading(options.statePath())) { store in
                let letters = try await store.deadLetters(after: after, limit: limit, includingReplayed: replayed)
                if json {
                    for letter in letters { Terminal.output(DeadLetterText.json(letter)) }
                    return
                }
                if letters.isEmpty {
                    Terminal.output("No dead letters.")
                } else {
                    Terminal.output(DeadLetterText.table(letters))
                }
                let counts = try await store.deadLetterCounts()
                if counts.overflowed > 0 {
                    Terminal.output(
                        "\(counts.overflowed) more were counted and not kept (state.dead_letters is the bound).")
                }
            }
        }
    }

    /// `hubwatch deadletters show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show one dead letter: where it came from, and the shape of its bytes.",
            discussion: """
                The bytes are log text that nobody could read field by field: they may hold prompts, keys and personal data. \
                Words are therefore shown as x and numbers as 0; punctuation, line ends and the names of known members \
                stay, which is enough to see where the text breaks. --raw writes the bytes themselves, unmasked: send \
                them to a file that others cannot read.

                  hubwatch deadletters show 17 --state hubwatch.db
                  (umask 077; hubwatch deadletters show 17 --raw > letter.json)
                """)
        @OptionGroup var options: ConfigurationOptions
        @Argument(help: "Id, as list shows it.") var id: Int64
        @Flag(help: "Only the bytes, unchanged and unmasked: they may hold prompts, keys and personal data.")
        var raw = false
        @Flag(help: "As one JSON object.") var json = false

        /// Most bytes whose shape is shown.
        static let shownBytesMax = 65_536

        func validate() throws {
            if raw, json { throw ValidationError("--raw and --json exclude each other") }
        }

        func run() async throws {
            try await StateAccess.with(StateAccess.reading(options.statePath())) { store in
                guard let letter = try await store.deadLetter(id) else {
                    throw CommandFailure(.inputNotFound, "there is no dead letter \(id)")
                }
                if raw {
                    Terminal.write(letter.letter.bytes.revealed, to: 1)
                    return
                }
                let shape = letter.letter.bytes.shape(maximum: Self.shownBytesMax)
                if json {
                    Terminal.output(DeadLetterText.json(letter, shape: shape))
                    return
                }
                Terminal.output(DeadLetterText.table([letter]))
                Terminal.output("\n" + TerminalText.escaped(shape))
                Terminal.output("\nMasked: words are x, numbers 0. --raw writes the bytes themselves.")
            }
        }
    }

    /// `hubwatch deadletters replay`.
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "replay",
            abstract: "Decode and judge dead letters again, for example after an update of hubwatch.",
            discussion: """
                Records that can be decoded now go through the rules: matching ones are journaled with the id they would have \
                had, so nothing is recorded twice. What still fails stays.
                """)
        @OptionGroup var letters: DeadLetterOptions

        func run() async throws { try await letters.replay() }
    }
}

/// Dead letters as text and JSON; never their bytes.
enum DeadLetterText {
    static func table(_ letters: [StoredDeadLetter]) -> String {
        let rows = letters.map {
            [
                String($0.id), String($0.letter.partition), String($0.letter.sequence), $0.letter.reason,
                $0.letter.bytePosition.map(String.init) ?? "-", Amount.bytes(Int64($0.bytesCount)),
                Timestamp(milliseconds: $0.letter.enqueuedMs).iso8601, $0.replayedNs == nil ? "" : "replayed",
            ]
        }
        return TextTable.write(["id", "partition", "sequence", "reason", "byte", "size", "enqueued", ""], rows)
    }

    static func json(_ letter: StoredDeadLetter, shape: String? = nil) -> String {
        let own: [(String, JSONText.Value)] = [
            ("id", .number(letter.id)), ("partition", .number(Int64(letter.letter.partition))),
            ("sequence", .number(letter.letter.sequence)), ("offset", .text(letter.letter.offset)),
            ("reason", .text(letter.letter.reason)),
            ("bytePosition", letter.letter.bytePosition.map { .number(Int64($0)) } ?? .null),
            ("bytes", .number(Int64(letter.bytesCount))),
            ("enqueued", .text(Timestamp(milliseconds: letter.letter.enqueuedMs).iso8601)),
            ("replayed", letter.replayedNs.map { .text(Timestamp(nanoseconds: $0).iso8601) } ?? .null),
        ]
        return JSONText.object(own + (shape.map { [("shape", .text($0))] } ?? []))
    }
}
