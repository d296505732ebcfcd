public import Detection
public import DiagnosticLogs

/// Journal entries as OCSF 1.8.0 Detection Findings (class 2004, cloud profile), one JSON object a line.
///
/// **Shape**: member names and their order are fixed, so the same entry at the same time gives the same bytes. What
/// OCSF has no place for is under `unmapped`.
/// **Source**: ocsf/ocsf-schema, tag 1.8.0, `events/findings/detection_finding.json`.
public struct OCSFFormat: Sendable {
    private let source: FindingSource
    private let productVersion: String

    /// Makes a format for the findings of one hub.
    public init(source: FindingSource, productVersion: String) {
        self.source = source
        self.productVersion = productVersion
    }

    /// One line with its line end.
    ///
    /// - Parameter logged: when the line is written: `metadata.logged_time`.
    public func line(_ entry: JournalEntry, logged: Timestamp) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4096)
        JSON.object(finding(entry, logged: logged)).write(to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// The object, for a document that holds it.
    func object(_ entry: JournalEntry, logged: Timestamp) -> JSON { .object(finding(entry, logged: logged)) }

    private func finding(_ entry: JournalEntry, logged: Timestamp) -> JSONObject {
        let finding = entry.finding
        let severity = Severity(finding.rule.severity)
        let activity = Activity(entry.activity)
        return .make { event in
            event.set("time", finding.times.decided.milliseconds)
            event.set("class_uid", 2004)
            event.set("class_name", "Detection Finding")
            event.set("category_uid", 2)
            event.set("category_name", "Findings")
            event.set("activity_id", activity.id)
            event.set("activity_name", activity.name)
            event.set("type_uid", 200_400 + activity.id)
            event.set("type_name", "Detection Finding: \(activity.name)")
            event.set("severity_id", severity.id)
            event.set("severity", severity.name)
            // A closed window says that the values are final, not that somebody has dealt with the finding: it stays
            // new.
            event.set("status_id", 1)
            event.set("status", "New")
            event.set("is_alert", value: .boolean(entry.isAlert))
            event.set("message", finding.reason)
            event.set("count", finding.count)
            event.set("start_time", (finding.window?.start ?? finding.firstSeen).milliseconds)
            event.set("end_time", (finding.window?.end ?? finding.lastSeen).milliseconds)
            if let risk = finding.rule.riskScore {
                event.set("risk_score", Int64(risk))
                event.set("risk_level_id", riskLevel(risk).id)
                event.set("risk_level", riskLevel(risk).name)
            }
            event.set("metadata", value: .object(metadata(entry, logged: logged)))
            event.set("finding_info", value: .object(findingInfo(finding)))
            event.set("cloud", value: .object(cloud(finding)))
            event.set("resources", list: OCSFEvidence.resources(finding.evidence).map(JSON.object))
            event.set("evidences", list: finding.evidence.map { .object(OCSFEvidence.evidence($0)) })
            event.set("unmapped", value: .object(unmapped(entry)))
        }
    }

    private func metadata(_ entry: JournalEntry, logged: Timestamp) -> JSONObject {
        let finding = entry.finding
        return .make { metadata in
            metadata.set("version", "1.8.0")
            metadata.set("product") { product in
                product.set("name", "hubwatch")
                product.set("vendor_name", "hubwatch")
                product.set("version", productVersion)
            }
            metadata.set("profiles", list: [.string("cloud")])
            // The same for the same journal row, whoever writes it and when: the file sink finds its lines by it.
            metadata.set("uid", entry.key)
            metadata.set("log_name", source.hub)
            metadata.set("log_provider", source.namespace)
            metadata.set("tenant_uid", finding.evidence.lazy.compactMap(\.tenantID).first)
            metadata.set("correlation_uid", commonCorrelation(finding.evidence))
            metadata.set("original_time", TimeText.iso(finding.times.occurred))
            metadata.set("logged_time", logged.milliseconds)
            if finding.evidenceTruncated { metadata.set("is_truncated", value: .boolean(true)) }
        }
    }

    /// The correlation id, when all evidence has the same: a finding over many operations has none of its own.
    private func commonCorrelation(_ evidence: [Evidence]) -> String? {
        guard let first = evidence.first?.correlationID else { return nil }
        return evidence.allSatisfy { $0.correlationID == first } ? first : nil
    }

    private func findingInfo(_ finding: Finding) -> JSONObject {
        let rule = finding.rule
        return .make { info in
            info.set("uid", finding.id)
            info.set("title", rule.title)
            info.set("desc", rule.description)
            info.set("src_url", rule.references.first { $0.hasPrefix("https://") || $0.hasPrefix("http://") })
            info.set("created_time", finding.times.decided.milliseconds)
            info.set("first_seen_time", finding.firstSeen.milliseconds)
            info.set("last_seen_time", finding.lastSeen.milliseconds)
            info.set("related_events_count", finding.count)
            info.set("analytic") { analytic in
                analytic.set("uid", rule.id)
                analytic.set("name", rule.title)
                analytic.set("version", finding.ruleVersion)
                analytic.set("type_id", 1)
                analytic.set("type", "Rule")
                analytic.set("category", rule.origin.format)
            }
            info.set("attacks", list: attacks(rule))
            info.set("types", list: rule.tags.filter { !$0.isEmpty }.map(JSON.string))
        }
    }

    private func attacks(_ rule: RuleMetadata) -> [JSON] {
        let names = rule.attacks.reduce(into: [String: String]()) { $0[$1.id] = $1.name }
        func entry(_ id: String) -> (inout JSONObject) -> Void {
            { object in
                object.set("uid", id)
                object.set("name", AttackCatalog.name(of: id) ?? names[id])
            }
        }
        return AttackPair.pairs(of: rule.attacks.map(\.id)).map { pair in
            .object(
                .make { attack in
                    if let id = pair.tactic { attack.set("tactic", object: entry(id)) }
                    if let id = pair.technique { attack.set("technique", object: entry(id)) }
                    if let id = pair.subTechnique { attack.set("sub_technique", object: entry(id)) }
                    attack.set("version", AttackCatalog.version(of: pair.framework))
                })
        }
    }

    private func cloud(_ finding: Finding) -> JSONObject {
        let named = finding.evidence.lazy.compactMap { $0.resourceID.map(AzureResourceName.init) }
        return .make { cloud in
            cloud.set("provider", "Azure")
            cloud.set("region", finding.evidence.lazy.compactMap(\.region).first)
            if let subscription = named.compactMap(\.subscription).first {
                cloud.set("account") { account in
                    account.set("uid", subscription)
                    account.set("type", "Azure Subscription")
                    account.set("type_id", 99)
                }
            }
        }
    }

    private func unmapped(_ entry: JournalEntry) -> JSONObject {
        let finding = entry.finding
        return .make { unmapped in
            unmapped.set("group", value: .object(columns(finding.group)))
            unmapped.set("values", value: .object(columns(finding.values)))
            unmapped.set("times") { times in
                times.set("occurred", TimeText.iso(finding.times.occurred))
                times.set("enqueued", TimeText.iso(finding.times.enqueued))
                times.set("received", TimeText.iso(finding.times.received))
                times.set("decided", TimeText.iso(finding.times.decided))
            }
            unmapped.set("first_position", value: .object(OCSFEvidence.position(finding.firstPosition)))
            unmapped.set("last_position", value: .object(OCSFEvidence.position(finding.lastPosition)))
            unmapped.set("alert_uid", entry.alertID)
            unmapped.set("final", value: .boolean(entry.isFinal))
            unmapped.set("revision", Int64(entry.revision))
            if finding.rule.status == .shadow { unmapped.set("shadow", value: .boolean(true)) }
            unmapped.set("partial_partitions", list: finding.partialPartitions.map { .integer(Int64($0)) })
            unmapped.set("rule_file", finding.rule.origin.file)
            unmapped.set("rule_authors", list: finding.rule.authors.map(JSON.string))
            unmapped.set("rule_license", finding.rule.license)
            unmapped.set("references", list: finding.rule.references.map(JSON.string))
            unmapped.set("false_positives", list: finding.rule.falsePositives.map(JSON.string))
        }
    }

    private func columns(_ named: [NamedValue]) -> JSONObject {
        .make { object in
            for column in named { object.set(column.name, value: OCSFEvidence.value(column.value)) }
        }
    }

    /// The bands that Elastic cuts its risk score into; its four severities stand for 21, 47, 73 and 99.
    private func riskLevel(_ score: Int) -> (id: Int64, name: String) {
        switch score {
        case ..<22: (1, "Low")
        case ..<48: (2, "Medium")
        case ..<74: (3, "High")
        default: (4, "Critical")
        }
    }
}

/// `activity_id` and its caption.
private struct Activity {
    let id: Int64
    let name: String

    init(_ activity: JournalEntry.Activity) {
        switch activity {
        case .create: (id, name) = (1, "Create")
        case .update: (id, name) = (2, "Update")
        case .close: (id, name) = (3, "Close")
        }
    }
}

/// `severity_id` and its caption.
private struct Severity {
    let id: Int64
    let name: String

    init(_ severity: RuleMetadata.Severity) {
        id = Int64(severity.rawValue)
        switch severity {
        case .informational: name = "Informational"
        case .low: name = "Low"
        case .medium: name = "Medium"
        case .high: name = "High"
        case .critical: name = "Critical"
        }
    }
}
