import FuzzTargets
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Goal: no input that a fuzzer ever failed on fails again, and the seeds stay good.
///
/// Method: every file in the folders of corpus and failures is fed to its target, as `make fuzz` does.
@Suite struct CorpusTests {
    @Test(arguments: FuzzTarget.all.map(\.name))
    func keptInputsPass(name: String) async throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let inputs = try KeptInputs.inputs(of: name)
        #expect(!inputs.isEmpty, "\(name) has no seeds in Tests/Fuzz/Corpus")
        let check = try target.make()
        for (file, bytes) in inputs {
            await #expect(throws: Never.self, "\(file)") {
                switch check {
                case .now(let body): try bytes.withUnsafeBytes { try body($0) }
                case .later(let body): try await body(bytes)
                }
            }
        }
    }

    @Test func everyFolderBelongsToATarget() throws {
        let names = Set(FuzzTarget.all.map(\.name))
        for folder in ["Corpus", "Failures"] {
            for name in try KeptInputs.names(in: folder) {
                #expect(names.contains(name), "no target reads Tests/Fuzz/\(folder)/\(name)")
            }
        }
    }
}

/// The inputs that are kept beside the tests.
enum KeptInputs {
    private static let root = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")

    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/\(root)/\(folder)").filter { !$0.hasPrefix(".") }.sorted()
    }

    static func inputs(of target: String) throws -> [(file: String, bytes: [UInt8])] {
        var inputs: [(file: String, bytes: [UInt8])] = []
        for folder in ["Corpus", "Failures"] where try names(in: folder).contains(target) {
            for name in try names(in: "\(folder)/\(target)") {
                let file = "\(folder)/\(target)/\(name)"
                guard let data = FileManager.default.contents(atPath: "/\(root)/\(file)") else { continue }
                inputs.append((file, [UInt8](data)))
            }
        }
        return inputs
    }
}
