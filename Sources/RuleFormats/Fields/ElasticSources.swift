import Detection
import DiagnosticLogs
import Spelling

/// Index patterns of `FROM`, mapped onto the datasets that the decoder tells apart.
enum ElasticSources {
    /// Every dataset that a record can belong to.
    static let datasets = [
        "azure.aadgraphactivitylogs", "azure.activitylogs", "azure.application_gateway", "azure.auditlogs",
        "azure.events", "azure.firewall_logs", "azure.graphactivitylogs", "azure.identity_protection",
        "azure.platformlogs", "azure.provisioning", "azure.signinlogs", "azure.springcloudlogs", "azure_openai.logs",
    ]

    /// What a list of patterns selects.
    struct Selection {
        /// Datasets in order; nil when the patterns select everything.
        var datasets: [String]?
        /// Patterns that select nothing.
        var empty: [Int]
    }

    /// Resolves patterns such as `logs-azure.signinlogs-*`; one with a leading `-` takes datasets away again.
    static func select(_ patterns: [String]) -> Selection {
        var chosen: Set<String> = []
        var empty: [Int] = []
        for (index, pattern) in patterns.enumerated() {
            let isExclusion = pattern.hasPrefix("-")
            let found = datasets.filter { matches(isExclusion ? String(pattern.dropFirst()) : pattern, dataset: $0) }
            if found.isEmpty { empty.append(index) }
            if isExclusion { chosen.subtract(found) } else { chosen.formUnion(found) }
        }
        return Selection(datasets: chosen.count == datasets.count ? nil : chosen.sorted(), empty: empty)
    }

    /// The dataset nearest to the one that a pattern names.
    static func nearest(to pattern: String) -> String? {
        NearestName.of(pattern, in: datasets.map { "logs-\($0)-*" })
    }

    /// Whether the data stream `logs-DATASET-default`, or the older `filebeat-*` index for Azure modules, is selected.
    private static func matches(_ pattern: String, dataset: String) -> Bool {
        // A cluster prefix names where data lies, not what it is.
        let name = pattern.split(separator: ":", omittingEmptySubsequences: true).last.map(String.init) ?? pattern
        if Glob.matches(name, "logs-\(dataset)-default") { return true }
        return dataset.hasPrefix("azure.") && Glob.matches(name, "filebeat-8.0.0")
    }
}

/// Patterns with `*` for any run of characters.
enum Glob {
    /// Whether the whole text fits.
    ///
    /// **Cost**: linear in pattern times text at worst, no recursion.
    static func matches(_ pattern: String, _ text: String) -> Bool {
        let p = Array(pattern.utf8)
        let t = Array(text.utf8)
        var i = 0
        var j = 0
        var star: (pattern: Int, text: Int)?
        while j < t.count {
            if i < p.count, p[i] == UInt8(ascii: "*") {
                star = (i, j)
                i += 1
            } else if i < p.count, p[i] == t[j] {
                i += 1
                j += 1
            } else if let back = star {
                i = back.pattern + 1
                j = back.text + 1
                star = (back.pattern, back.text + 1)
            } else {
                return false
            }
        }
        while i < p.count, p[i] == UInt8(ascii: "*") { i += 1 }
        return i == p.count
    }
}
