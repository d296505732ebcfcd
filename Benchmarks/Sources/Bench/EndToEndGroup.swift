import Foundation

/// How far a `measure detect` is.
struct Progress: Decodable {
    var seconds: Double
    var messages: Double
    var bytes: Double
    var records: Double
    var lag: Double
    var commits: Double
    var alerts: Double
    var deadLetters: Double
    var attached: Double
    var isCaughtUp: Bool
    var reading: Double
    var cpu: Double
    var cpuBefore: Double
    var memoryBytes: Double
    var memoryPeakBytes: Double

    /// Used while links were open.
    var cpuReading: Double { cpu - cpuBefore }
}

/// From the broker to the findings file.
struct EndToEndGroup: Group {
    static let name = "end-to-end"
    static let seconds = 240

    func measure(_ bench: Workbench, into result: inout GroupResult) throws {
        let kernel = try Contender(
            bench.tool("measure", ["decode", "--sample", bench.sample(records: 20_000), "--variants", "decode"]))
        result.machine["simdjson kernel"] = kernel.facts["kernel"]
        let portals = kernel.facts["portals"] ?? ""
        let hasAzure = bench.hasModule("azure.eventhub")
        if !hasAzure { result.notes.append("azure-eventhub is left out: not installed.") }
        try judged(bench, portals, hasAzure, &result)
        try againstReceiver(bench, &result)
    }

    private func judged(_ bench: Workbench, _ portals: String, _ hasAzure: Bool, _ result: inout GroupResult) throws {
        let sample = try bench.sample(records: 60_000)
        let lines = try Data(contentsOf: URL(filePath: sample)).split(separator: 10).count
        let messages = lines * 3
        var curve: [Series.Point] = []
        for partitions in [1, 2, 4, 8, 16, 32] {
            let isRow = [1, 4, 32].contains(partitions)
            let rounds = isRow ? bench.rounds : max(3, bench.rounds / 2)
            let broker = try bench.broker(["judged:\(partitions)"])
            try bench.fill(broker, "judged", ["--sample", sample, "--messages", "\(messages)"], partitions: partitions)
            var ours: [Progress] = []
            var theirs: [Round] = []
            for round in 0..<rounds {
                bench.say("end-to-end: \(partitions) partitions, round \(round + 1) of \(rounds)")
                ours.append(try Self.detect(bench, broker, "judged"))
                guard hasAzure, isRow else { continue }
                let words = [
                    "\(broker.port)", "judged", "\(partitions)", "\(lines / 2)", portals,
                    try bench.newFolder() + "/findings.ndjson",
                ]
                guard let (path, arguments) = bench.python("detect_azure.py", words) else { continue }
                theirs.append(try bench.round(path, arguments))
            }
            curve.append(.init(x: Double(partitions), y: Figures.median(ours.map { $0.bytes / $0.reading / 1e6 })))
            if isRow { add(partitions, ours, theirs, &result) }
        }
        result.plots.append(
            Plot(
                file: "partitions", title: "Broker to findings file, more partitions", xLabel: "partitions",
                yLabel: "MB/s",
                isLogarithmicX: true, series: [Series(name: "hubwatch", points: curve)]))
    }

    /// Reads a hub to its end with the production code.
    static func detect(_ bench: Workbench, _ broker: Broker, _ hub: String) throws -> Progress {
        let program = try bench.tool(
            "measure",
            ["detect", "--port", "\(broker.port)", "--hub", hub, "--folder", bench.newFolder(), "--until-caught-up"])
        let progress = try program.object(Progress.self, within: 120)
        program.wait()
        return progress
    }

    private func add(_ partitions: Int, _ ours: [Progress], _ theirs: [Round], _ result: inout GroupResult) {
        let what = "\(partitions) partition\(partitions == 1 ? "" : "s")"
        let peer = theirs.isEmpty ? nil : "azure-eventhub + dict rules"
        func row(
            _ name: String, _ unit: String, _ our: (Progress) -> Double, _ their: (Round) -> Double, less: Bool = false,
            budget: Double? = nil
        ) {
            let (mine, other) = (ours.map(our), theirs.map(their))
            result.rows.append(
                Row(
                    name: "\(what): \(name)", figure: Figures.median(mine), unit: unit, peer: peer,
                    peerFigure: theirs.isEmpty ? nil : Figures.median(other),
                    ratio: theirs.isEmpty ? nil : Figures.ratio(mine, other, lessIsBetter: less),
                    budget: budget.map { .init(kind: .ratioAtLeast, value: $0) }))
        }
        row("records", "records/s", { $0.records / $0.reading }, { Double($0.records ?? 0) / $0.seconds }, budget: 20)
        row("bytes", "MB/s", { $0.bytes / $0.reading / 1e6 }, { Double($0.bytes) / $0.seconds / 1e6 })
        row("CPU", "s/GB", { $0.cpuReading / $0.bytes * 1e9 }, { $0.cpu / Double($0.bytes) * 1e9 }, less: true)
        row(
            "peak memory", "MB", { $0.memoryPeakBytes / 1e6 }, { ($0.extra?["memoryPeakBytes"] ?? 0) / 1e6 }, less: true
        )
    }

    /// Bodies of 16 KB, judged by hubwatch, and only counted by the C receiver.
    private func againstReceiver(_ bench: Workbench, _ result: inout GroupResult) throws {
        let sample = try bench.sample(records: 60_000, bodyBytes: 16_384)
        let messages = 15_000
        let broker = try bench.broker(["sixteen:1"])
        try bench.fill(broker, "sixteen", ["--sample", sample, "--messages", "\(messages)"])
        var (ours, theirs): ([Double], [Double]) = ([], [])
        var (speed, their): ([Double], [Double]) = ([], [])
        for round in 0..<bench.rounds {
            bench.say("end-to-end: 16 kB bodies beside the C receiver, round \(round + 1) of \(bench.rounds)")
            let progress = try Self.detect(bench, broker, "sixteen")
            ours.append(progress.cpuReading / progress.messages * 1e6)
            speed.append(progress.messages / progress.reading)
            let address = "sixteen/ConsumerGroups/$Default/Partitions/0"
            let peer = try bench.round(
                "\(bench.peers)/proton-receiver", ["localhost", "\(broker.port)", address, "\(messages)", "2000"])
            theirs.append(peer.cpuPerMessage)
            their.append(peer.messagesPerSecond)
        }
        let name = "C receiver that decodes nothing"
        result.rows.append(
            Row(
                name: "16 kB bodies to findings: throughput", figure: Figures.median(speed), unit: "messages/s",
                peer: name,
                peerFigure: Figures.median(their), ratio: Figures.ratio(speed, their),
                budget: .init(kind: .ratioAtLeast, value: 0.5)))
        result.rows.append(
            Row(
                name: "16 kB bodies to findings: CPU", figure: Figures.median(ours), unit: "us/message",
                peer: name,
                peerFigure: Figures.median(theirs), ratio: Figures.ratio(ours, theirs, lessIsBetter: true)))
    }
}
