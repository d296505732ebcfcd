import Detection
import StateStore

/// Nothing is journaled twice, no alert is raised twice, and every row that is sent is one line of the findings file, in order, once.
enum NothingTwice {
    static func complaints(_ evidence: SimulationEvidence) -> [String] {
        var complaints: [String] = []
        var creates: [String: Int] = [:]
        var closes: [String: Int] = [:]
        for row in evidence.journal {
            switch row.draft.key.activity {
            case .create: creates[row.draft.key.findingID, default: 0] += 1
            case .close: closes[row.draft.key.findingID, default: 0] += 1
            case .update: break
            }
        }
        for (id, count) in creates.sorted(by: { $0.key < $1.key }) where count > 1 {
            complaints.append("finding \(id) was created \(count) times")
        }
        for (id, count) in closes.sorted(by: { $0.key < $1.key }) where count > 1 {
            complaints.append("finding \(id) was closed \(count) times")
        }
        for id in closes.keys.sorted() where creates[id] == nil {
            complaints.append("finding \(id) was closed and never created")
        }
        var alerts: [String: Int] = [:]
        for entry in evidence.entries where entry.isAlert { alerts[entry.alertID, default: 0] += 1 }
        for (id, count) in alerts.sorted(by: { $0.key < $1.key }) where count > 1 {
            complaints.append("alert \(id) was raised \(count) times")
        }
        let sent = zip(evidence.journal, evidence.entries).filter { $0.0.draft.status == .active }.map { $0.1.key }
        if sent != evidence.lines {
            let missing = Set(sent).subtracting(evidence.lines).sorted().prefix(3)
            let foreign = Set(evidence.lines).subtracting(sent).sorted().prefix(3)
            complaints.append(
                "the findings file has \(evidence.lines.count) lines for \(sent.count) rows: missing \(missing), foreign \(foreign)"
            )
        }
        if !evidence.endsWithLine { complaints.append("the findings file ends with a torn line") }
        return complaints
    }
}
