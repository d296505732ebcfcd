import Foundation

/// The dev broker by itself, so that it is known when it is the bottleneck.
struct BrokerGroup: Group {
    static let name = "broker"
    static let seconds = 60

    func measure(_ bench: Workbench, into result: inout GroupResult) throws {
        for (size, messages) in [(300, 200_000), (16_384, 12_000)] {
            var (taken, given): ([Double], [Double]) = ([], [])
            for round in 0..<bench.rounds {
                bench.say("broker: bodies of \(size) bytes, round \(round + 1) of \(bench.rounds)")
                let broker = try bench.broker(["broker:1"])
                taken.append(
                    try bench.fill(broker, "broker", ["--messages", "\(messages)", "--size", "\(size)"])
                        .messagesPerSecond)
                let address = "broker/ConsumerGroups/$Default/Partitions/0"
                given.append(
                    try bench.round(
                        "\(bench.peers)/proton-receiver",
                        ["localhost", "\(broker.port)", address, "\(messages)", "2000"]
                    ).messagesPerSecond)
            }
            result.rows.append(Row(name: "bodies of \(size) B: in", figure: Figures.median(taken), unit: "events/s"))
            result.rows.append(
                Row(
                    name: "bodies of \(size) B: out, to the C receiver", figure: Figures.median(given), unit: "events/s"
                ))
        }
    }
}

/// Starting, and being idle.
struct StartGroup: Group {
    static let name = "start"
    static let seconds = 90

    func measure(_ bench: Workbench, into result: inout GroupResult) throws {
        try coldStart(bench, &result)
        try idle(bench, &result)
        try restart(bench, &result)
        let path = "\(bench.tools)/hubwatch"
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        result.rows.append(Row(name: "size of the program, with symbols", figure: Double(size) / 1e6, unit: "MB"))
        let stripped = "\(bench.folder)/hubwatch-stripped"
        if try bench.start("strip", ["-o", stripped, path]).wait().status == 0,
            let size = try FileManager.default.attributesOfItem(atPath: stripped)[.size] as? Int
        {
            result.rows.append(Row(name: "size of the program, stripped", figure: Double(size) / 1e6, unit: "MB"))
        }
    }

    private func run(_ bench: Workbench, _ port: Int, _ hub: String, _ folder: String) throws -> Program {
        let text =
            "Endpoint=sb://127.0.0.1:\(port);SharedAccessKeyName=bench;SharedAccessKey=bench;UseDevelopmentEmulator=true;EntityPath=\(hub)"
        let secret = "\(folder)/connection"
        try Data((text + "\n").utf8).write(to: URL(filePath: secret))
        chmod(secret, 0o600)
        return try bench.tool(
            "hubwatch",
            [
                "run", "--connection-string-file", secret, "--rules", "Config/rules", "--state", "\(folder)/state.db",
                "--findings", "\(folder)/findings.ndjson", "--no-status",
            ])
    }

    /// From nothing to the finding of an event that waits in the hub.
    private func coldStart(_ bench: Workbench, _ result: inout GroupResult) throws {
        let broker = try bench.broker(["cold:4"])
        try bench.fill(
            broker, "cold", ["--rate", "1", "--size", "300", "--markers", "10", "--seconds", "1"], partitions: 4)
        var times: [Double] = []
        for round in 0..<bench.rounds {
            bench.say("start: cold start, round \(round + 1) of \(bench.rounds)")
            let folder = try bench.newFolder()
            let start = ContinuousClock.now
            let program = try run(bench, broker.port, "cold", folder)
            let file = "\(folder)/findings.ndjson"
            var information = stat()
            while stat(file, &information) != 0 || information.st_size == 0 {
                guard start.duration(to: .now).seconds < 30 else { throw BenchFailure("no finding after a cold start") }
                usleep(500)
            }
            times.append(start.duration(to: .now).seconds * 1000)
            program.kill()
            program.wait()
        }
        result.rows.append(
            Row(name: "cold start to the first finding in the file", figure: Figures.median(times), unit: "ms"))
    }

    private func idle(_ bench: Workbench, _ result: inout GroupResult) throws {
        let broker = try bench.broker(["idle:32"])
        let program = try run(bench, broker.port, "idle", bench.newFolder())
        bench.say("start: 32 idle partitions for 20 s")
        usleep(5_000_000)
        let before = Self.usage(program.id)
        usleep(15_000_000)
        let after = Self.usage(program.id)
        result.rows.append(
            Row(name: "32 idle partitions: CPU", figure: (after.cpu - before.cpu) / 15 * 100, unit: "% of a core"))
        result.rows.append(
            Row(
                name: "32 idle partitions: memory", figure: after.memory / 1e6, unit: "MB",
                budget: .init(kind: .atMost, value: 67.1)))
        program.kill()
    }

    /// Seconds on the processor and resident bytes of a process.
    private static func usage(_ id: pid_t) -> (cpu: Double, memory: Double) {
        guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
            let name = text.lastIndex(of: ")")
        else { return (.nan, .nan) }
        let words = text[text.index(after: name)...].split(separator: " ")
        guard words.count > 21, let user = Double(words[11]), let system = Double(words[12]),
            let pages = Double(words[21])
        else { return (.nan, .nan) }
        return ((user + system) / Double(sysconf(Int32(_SC_CLK_TCK))), pages * Double(sysconf(Int32(_SC_PAGESIZE))))
    }

    /// After a kill, with 32 partitions and 100,000 groups: what the kill drill measures.
    private func restart(_ bench: Workbench, _ result: inout GroupResult) throws {
        bench.say("start: restarts with 32 partitions and 100,000 groups")
        guard let program = try? bench.tool("KillDrill", ["timing", "--restarts", "\(bench.rounds)"]),
            let line = try? program.line(within: 180), let list = line.split(separator: ":").last
        else {
            result.notes.append("The restart with 100,000 groups was not measured: KillDrill failed.")
            return
        }
        let times = list.split(whereSeparator: { !$0.isNumber }).compactMap { Double($0) }
        result.rows.append(
            Row(
                name: "restart to the first folded event, 32 partitions, 100,000 groups", figure: Figures.median(times),
                unit: "ms", budget: .init(kind: .atMost, value: 1000)))
    }
}
