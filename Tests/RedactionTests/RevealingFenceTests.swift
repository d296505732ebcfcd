import Foundation
import Testing

/// Goal: the text of a record reaches no more places than these, each of which judges, stores or masks it.
///
/// Method: the sources are searched for the import that opens the way; a new one must be added here by a person.
@Suite struct RevealingFenceTests {
    private static let allowed: Set<String> = [
        // Judging: text becomes truth values, keys and identities.
        "Detection/Compile/CompiledMatcher.swift", "Detection/Compile/RecordContext.swift",
        "Detection/Compile/RuleEvaluator.swift", "Detection/Fold/PartitionFold.swift",
        // Storing evidence, and masking it on the way back.
        "Detection/Fold/EvidenceCodec.swift",
        // Storing dead letters, and decoding them again.
        "StateStore/SQLite/SQLiteStateStore+DeadLetters.swift", "HubwatchRuntime/DeadLetterReplay.swift",
        // `deadletters show --raw`, which says what it does.
        "HubwatchCLI/DeadLettersCommand.swift",
        // A partition key of what a user publishes.
        "HubwatchCLI/PublishCommand.swift",
        // Which logs the events belong to; their names are masked before they are shown.
        "Doctor/Probes/EventSurvey.swift",
    ]

    @Test func onlyThesePlacesReadWhatRecordsSay() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources").path
        var found: Set<String> = []
        for name in try FileManager.default.subpathsOfDirectory(atPath: sources) where name.hasSuffix(".swift") {
            let text = try String(contentsOfFile: sources + "/" + name, encoding: .utf8)
            if text.split(separator: "\n").contains(where: { $0.hasPrefix("@_spi(Revealing)") && $0.contains("import") }
            ) {
                found.insert(name)
            }
        }
        #expect(found == Self.allowed)
    }
}
