public import Detection
import Foundation

/// The rules of a set of files, and what was wrong with the others.
public struct LoadedRules: Sendable {
    /// Rules that run, in the order of their files.
    public var rules: [Rule]
    /// Rules that do not, each with its first fault.
    public var refusals: [RuleDiagnostic]
    /// What should be known about rules that run.
    public var warnings: [RuleDiagnostic]

    /// Makes a result.
    public init(rules: [Rule] = [], refusals: [RuleDiagnostic] = [], warnings: [RuleDiagnostic] = []) {
        self.rules = rules
        self.refusals = refusals
        self.warnings = warnings
    }
}

/// Loads rule files of every format that is known.
///
/// One bad rule never stops the others: it is refused with file, line, column and reason. The format follows from the
/// file's extension: `.yml` and `.yaml` are Sigma, `.toml` is Elastic's.
public enum RuleLoader {
    /// Largest rule file, in bytes.
    public static let fileSizeMax = 1 << 20

    /// Loads files and folders.
    ///
    /// Folders are searched deeply, in the order of names; hidden files are left out.
    ///
    /// **Errors**: none are thrown; a path that cannot be read is a refusal.
    public static func load(paths: [String], options: RuleLoadingOptions = RuleLoadingOptions()) -> LoadedRules {
        var result = LoadedRules()
        var ids: [String: (file: String, position: SourcePosition)] = [:]
        for path in paths {
            for file in files(below: path, into: &result) {
                let loaded: LoadedRules
                do throws(RuleDiagnostic) {
                    loaded = load(text: try read(file), file: file, options: options)
                } catch {
                    result.refusals.append(error)
                    continue
                }
                result.warnings += loaded.warnings
                result.refusals += loaded.refusals
                for rule in loaded.rules { add(rule, to: &result, ids: &ids) }
            }
        }
        return result
    }

    /// The rule files that paths lead to, in the order in which they are loaded.
    public static func files(of paths: [String]) -> [String] {
        var unused = LoadedRules()
        return paths.flatMap { files(below: $0, into: &unused) }
    }

    /// Loads the rules in a text; the extension of the file's name says which format it has.
    public static func load(
        text: String, file: String, options: RuleLoadingOptions = RuleLoadingOptions()
    ) -> LoadedRules {
        var result = LoadedRules()
        let text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
        if let offset = text.utf8.firstIndex(of: 0) {
            let map = SourceMap()
            let bytes = Array(text.utf8)
            result.refusals = [
                RuleDiagnostic(
                    code: .unreadable, file: file,
                    position: map.position(of: text.utf8.distance(from: text.startIndex, to: offset), in: bytes),
                    reason: "the file holds a NUL byte: it is no text")
            ]
            return result
        }
        switch Format(file: file) {
        case .sigma: loadSigma(text, file: file, options: options, into: &result)
        case .elastic:
            collect(ElasticRuleReader.read(text, file: file, options: options), file: file, into: &result)
        case nil:
            result.refusals = [
                RuleDiagnostic(
                    code: .unreadable, file: file, position: .start,
                    reason: "the format is not known: rule files end in .yml, .yaml or .toml")
            ]
        }
        return result
    }

    private enum Format {
        case sigma
        case elastic

        init?(file: String) {
            let name = file.lowercased()
            if name.hasSuffix(".yml") || name.hasSuffix(".yaml") {
                self = .sigma
            } else if name.hasSuffix(".toml") {
                self = .elastic
            } else {
                return nil
            }
        }
    }

    private static func loadSigma(
        _ text: String, file: String, options: RuleLoadingOptions, into result: inout LoadedRules
    ) {
        let (documents, failure) = YAMLReader.read(text)
        var ids: [String: (file: String, position: SourcePosition)] = [:]
        for document in documents {
            // An empty document stands before a leading `---`, or behind a last one.
            if document.scalar == .null { continue }
            var one = LoadedRules()
            collect(SigmaRuleReader.read(document, file: file, options: options), file: file, into: &one)
            result.refusals += one.refusals
            result.warnings += one.warnings
            for rule in one.rules { add(rule, to: &result, ids: &ids) }
        }
        if var failure {
            failure.file = file
            result.refusals.append(failure)
        } else if result.rules.isEmpty, result.refusals.isEmpty {
            result.refusals.append(
                RuleDiagnostic(code: .invalid, file: file, position: .start, reason: "the file holds no rule"))
        }
    }

    private static func collect(
        _ outcome: Result<(rule: Rule, warnings: [RuleDiagnostic]), RuleDiagnostic>, file: String,
        into result: inout LoadedRules
    ) {
        switch outcome {
        case .success(let (rule, warnings)):
            result.rules.append(rule)
            result.warnings += warnings.map { warning in
                var warning = warning
                warning.file = file
                warning.rule = rule.metadata.id
                return warning
            }
        case .failure(var refusal):
            refusal.file = file
            result.refusals.append(refusal)
        }
    }

    /// Adds a rule unless its id is taken: findings are named by it.
    private static func add(
        _ rule: Rule, to result: inout LoadedRules, ids: inout [String: (file: String, position: SourcePosition)]
    ) {
        let place = (
            file: rule.metadata.origin.file, position: SourcePosition(line: rule.metadata.origin.line, column: 1)
        )
        if let first = ids[rule.metadata.id] {
            result.refusals.append(
                RuleDiagnostic(
                    code: .duplicate, file: place.file, position: place.position, rule: rule.metadata.id,
                    reason: "id \(rule.metadata.id) is already used by the rule at \(first.file):\(first.position.line)"
                ))
            return
        }
        ids[rule.metadata.id] = place
        result.rules.append(rule)
    }

    // Files

    private static func files(below path: String, into result: inout LoadedRules) -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            result.refusals.append(
                RuleDiagnostic(
                    code: .unreadable, file: path, position: .start, reason: "there is no such file or folder"))
            return []
        }
        guard isFolder.boolValue else { return [path] }
        guard let names = try? FileManager.default.subpathsOfDirectory(atPath: path) else {
            result.refusals.append(
                RuleDiagnostic(code: .unreadable, file: path, position: .start, reason: "the folder cannot be read"))
            return []
        }
        let base = path.hasSuffix("/") ? path : path + "/"
        return names.filter { name in
            Format(file: name) != nil && !name.split(separator: "/").contains { $0.hasPrefix(".") }
        }.sorted().map { base + $0 }
    }

    private static func read(_ file: String) throws(RuleDiagnostic) -> String {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        let size = (attributes?[.size] as? Int) ?? 0
        guard size <= fileSizeMax else {
            throw RuleDiagnostic(
                code: .unreadable, file: file, position: .start,
                reason: "the file has \(size) bytes; rule files have at most \(fileSizeMax)")
        }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw RuleDiagnostic(code: .unreadable, file: file, position: .start, reason: "the file cannot be read")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw RuleDiagnostic(code: .unreadable, file: file, position: .start, reason: "the file is not UTF-8")
        }
        return text
    }
}
