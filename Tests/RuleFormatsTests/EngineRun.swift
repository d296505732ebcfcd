import Detection
import DiagnosticLogs
import Testing

/// One message of a test: its JSON and when and where it was enqueued.
struct TestMessage {
    var json: String
    var enqueuedSeconds: Int64
    var partition: Int
}

/// Runs a rule over messages in the real engine and gives the closed rows of each hop.
enum EngineRun {
    /// Rows by window end in seconds, for messages in order of enqueued time within their partition.
    static func rows(_ rule: Rule, _ messages: [TestMessage], partitions: Int) throws -> [Int64: [NaiveRow]] {
        let rules = try CompiledRules([rule])
        let far = Timestamp(milliseconds: (messages.map(\.enqueuedSeconds).max() ?? 0) * 1000 + 86_400_000)
        var merger = Merger(rules: rules, partitions: Array(0..<partitions))
        for partition in 0..<partitions {
            let fold = PartitionFold(rules: rules, partition: partition)
            for (sequence, message) in messages.filter({ $0.partition == partition }).enumerated() {
                let time = Timestamp(milliseconds: message.enqueuedSeconds * 1000)
                let offset = Array(String(sequence).utf8)
                offset.withUnsafeBytes { bytes in
                    let header = MessageHeader(
                        sequenceNumber: Int64(sequence), offset: bytes, enqueuedTime: time, receivedAt: time)
                    _ = fold.fold(header, copying: Array(message.json.utf8))
                }
            }
            fold.idle(watermark: far)
            if let delta = fold.takeDelta() { merger.merge(delta, now: far) }
        }
        merger.advance(now: far)
        var result: [Int64: [NaiveRow]] = [:]
        while let draft = merger.takeCommit() {
            for entry in draft.journal where entry.isFinal {
                guard let window = entry.finding.window else { continue }
                let columns = entry.finding.values + entry.finding.group
                result[window.end.milliseconds / 1000, default: []].append(columns.map { ($0.name, $0.value) })
            }
        }
        return result
    }
}
