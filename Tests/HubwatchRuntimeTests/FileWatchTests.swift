import Foundation
import Testing

@testable import HubwatchRuntime

/// Goal: every change of a file is noticed once it has settled, and none is noticed twice.
///
/// Method: real files; each pause between two looks is a step of the test.
@Suite struct FileWatchTests {
    private static func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hubwatch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    /// Runs a watch over a script: one step before each look but the first; what was told behind each step.
    private static func watch(_ paths: FileWatch.Paths, _ steps: [() throws -> Void]) async throws -> [[String]] {
        var told: [[String]] = []
        var settled = SettledChanges(FileWatch.look(paths))
        for step in steps {
            try step()
            told.append(settled.look(FileWatch.look(paths)))
        }
        return told
    }

    @Test func aChangeIsToldWhenTwoLooksAgree() async throws {
        try await Self.withFolder { folder in
            let file = folder.appending(path: "hubwatch.yaml")
            try "a".write(to: file, atomically: true, encoding: .utf8)
            let told = try await Self.watch(
                .init(files: [file.path], rules: []),
                [
                    {}, { try "half".write(to: file, atomically: false, encoding: .utf8) },
                    { try "half and the rest".write(to: file, atomically: false, encoding: .utf8) }, {}, {},
                ])
            #expect(told == [[], [], [], [file.path], []])
        }
    }

    @Test func rulesThatComeAndGoAreChanges() async throws {
        try await Self.withFolder { folder in
            let rules = folder.appending(path: "rules.d")
            try FileManager.default.createDirectory(at: rules, withIntermediateDirectories: true)
            let (one, two) = (rules.appending(path: "one.yml"), rules.appending(path: "two.toml"))
            try "1".write(to: one, atomically: true, encoding: .utf8)
            let told = try await Self.watch(
                .init(files: [], rules: [rules.path]),
                [
                    { try "2".write(to: two, atomically: true, encoding: .utf8) }, {},
                    { try FileManager.default.removeItem(at: one) }, {},
                    { try "no rule".write(to: rules.appending(path: "notes.txt"), atomically: true, encoding: .utf8) },
                    {},
                ])
            #expect(told == [[], [two.path], [], [one.path], [], []])
        }
    }

    @Test func aLinkThatPointsElsewhereIsAChange() async throws {
        try await Self.withFolder { folder in
            // As a mounted configuration map: the file is a link through a folder that is a link, which is replaced whole.
            for version in ["..1", "..2"] {
                let data = folder.appending(path: version)
                try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
                try "same length \(version.last ?? "0")".write(
                    to: data.appending(path: "rule.yml"), atomically: true, encoding: .utf8)
            }
            let manager = FileManager.default
            try manager.createSymbolicLink(atPath: folder.appending(path: "..data").path, withDestinationPath: "..1")
            try manager.createSymbolicLink(
                atPath: folder.appending(path: "rule.yml").path, withDestinationPath: "..data/rule.yml")
            let told = try await Self.watch(
                .init(files: [], rules: [folder.path]),
                [
                    {
                        let next = folder.appending(path: "..data_tmp").path
                        try manager.createSymbolicLink(atPath: next, withDestinationPath: "..2")
                        #expect(rename(next, folder.appending(path: "..data").path) == 0)
                    }, {},
                ])
            #expect(told == [[], ["\(folder.path)/rule.yml"]])
        }
    }

    @Test func aWatchTellsWhatItSaw() async throws {
        try await Self.withFolder { folder in
            let file = folder.appending(path: "key.txt")
            let (looks, look) = AsyncStream.makeStream(of: Void.self)
            let (changes, change) = AsyncStream.makeStream(of: [String].self)
            let (pauses, pause) = AsyncStream.makeStream(of: Void.self)
            let watch = FileWatch {
                FileWatch.Paths(files: [file.path], rules: [])
            } pause: {
                pause.yield()
                for await _ in looks { return }
            }
            let running = Task { await watch.run { change.yield($0) } }
            var paused = pauses.makeAsyncIterator()
            await paused.next()
            try "new".write(to: file, atomically: true, encoding: .utf8)
            look.yield()
            await paused.next()
            look.yield()
            var told = changes.makeAsyncIterator()
            #expect(await told.next() == [file.path])
            running.cancel()
            await running.value
        }
    }
}
