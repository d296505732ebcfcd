/// Writes small records with everything that makes comparison hard: missing and null members, numbers as texts, texts
/// that are no numbers, mixed case, repeats, several values, members in a string.
struct OddRecords {
    /// Midnight, so that every border of a window is a multiple of its hop.
    static let start: Int64 = 1_772_409_600_000

    private var random: SeededGenerator
    private var last = ""

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// Messages over five hours with 85 minutes of silence in them.
    static func messages(records: Int, partitions: Int, seed: UInt64) -> PartitionedMessages {
        var writer = OddRecords(seed: seed)
        var messages = PartitionedMessages(partitionCount: partitions)
        var written = 0
        while written < records {
            let active = Int64(written) * 215 * 60_000 / Int64(records)
            let time = start + active + (active < 130 * 60_000 ? 0 : 85 * 60_000)
            let count = 1 + Int(writer.random.next() % 6)
            let members = (0..<count).map { _ in writer.record(near: time) }
            let body = "{\"records\":[\(members.joined(separator: ","))]}"
            messages.append(Array(body.utf8), near: time, random: &writer.random)
            written += count
        }
        return messages
    }

    private mutating func record(near time: Int64) -> String {
        if !last.isEmpty, random.oneIn(12) { return last }
        let time = time - Int64(random.next() % 1_800_000)
        var members = ["\"time\":\"\(Self.text(time))\""]
        add(
            "category", ["\"Audit\"", "\"Audit\"", "\"Audit\"", "\"audit\"", "\"RequestResponse\"", "\"Trace\""], 25,
            &members)
        add(
            "operationName",
            [
                "\"ListKey\"", "\"ListKey\"", "\"listkey\"", "\"ListKeys\"", "\"ChatCompletions_Create\"",
                "\"Embeddings-Create\"", "\"\"", "\"listDeployments\"",
            ], 12, &members)
        add(
            "resourceId",
            ["RG-One/1/oai-a", "rg-one/1/OAI-A", "rg-one/1/oai-b", "rg-two/1/oai-a", "Rg-Two/2/oai-c"].map { path in
                let parts = path.split(separator: "/")
                return "\"/SUBSCRIPTIONS/0000000\(parts[1])-1111-4222-8333-444444444444/resourceGroups/\(parts[0])"
                    + "/providers/MICROSOFT.COGNITIVESERVICES/accounts/\(parts[2])\""
            }, 15, &members)
        add("resultSignature", ["200", "\"200\"", "\"429\"", "1000", "\"NotFound\"", "401"], 6, &members)
        add("location", ["\"eastus\"", "\"westeurope\""], 3, &members)
        var inner: [String] = []
        let numbers = ["0", "10", "\"10\"", "999", "1000", "\"1000\"", "5000", "7500", "\"7499\"", "-25", "\"-999\""]
        add("responseLength", numbers + ["\"n/a\"", "\"\"", "\(random.next() % 9_000)"], 4, &inner)
        add("requestLength", ["1", "2", "\"3\""], 3, &inner)
        add(
            "requestTime",
            ["9223372036854775807", "\"-9223372036854775808\"", "9007199254740993", "9007199254740992", "1"], 3, &inner)
        add("objectId", ["\"User-1\"", "\"user-1\"", "\"u2\""], 3, &inner)
        add("score", ["0.25", "0.5", "1.75", "-3.25", "1000.5"], 3, &inner)
        add("tags", ["\"red\"", "[\"red\"]", "[\"blue\",\"red\"]", "[\"green\",\"blue\",\"red\"]", "[]"], 2, &inner)
        let properties = "{\(inner.joined(separator: ","))}"
        if random.oneIn(10) {
            members.append("\"properties\":\"\(properties.replacing("\"", with: "\\\""))\"")
        } else if !random.oneIn(20) {
            members.append("\"properties\":\(properties)")
        }
        last = "{\(members.joined(separator: ","))}"
        return last
    }

    /// Adds a member; once in `rarity` times it is missing, and as often null.
    private mutating func add(_ name: String, _ values: [String], _ rarity: UInt64, _ members: inout [String]) {
        let draw = random.next() % rarity
        let value = random.pick(values)
        if draw == 0 { return }
        members.append("\"\(name)\":\(draw == 1 ? "null" : value)")
    }

    /// A time of the day of `start`.
    private static func text(_ time: Int64) -> String {
        let day = time < start ? "2026-03-01" : "2026-03-02"
        let rest = (time - start + 86_400_000) % 86_400_000
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(day)T\(padded(rest / 3_600_000, 2)):\(padded(rest / 60_000 % 60, 2)):\(padded(rest / 1_000 % 60, 2))"
            + ".\(padded(rest % 1_000, 3))Z"
    }
}
