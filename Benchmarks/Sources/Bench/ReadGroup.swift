import Foundation

/// Reading one partition: hubwatch's client beside three others, from one broker.
struct ReadGroup: Group {
    static let name = "read"
    static let seconds = 330

    private struct Size {
        var bytes: Int
        var messages: Int
        /// For azure-eventhub and Proton's binding, which take longer.
        var azureMessages: Int
        var bindingMessages: Int
        var budget: Double?
    }

    private static let sizes = [
        Size(bytes: 300, messages: 200_000, azureMessages: 10_000, bindingMessages: 3000, budget: 0.8),
        Size(bytes: 2_048, messages: 80_000, azureMessages: 8000, bindingMessages: 2000),
        Size(bytes: 16_384, messages: 15_000, azureMessages: 4000, bindingMessages: 1000, budget: 0.7),
        Size(bytes: 200_000, messages: 1_500, azureMessages: 600, bindingMessages: 200, budget: 0.7),
    ]
    private static let hubwatch = "hubwatch"
    private static let proton = "C receiver (Proton)"
    private static let azure = "azure-eventhub (Python)"
    private static let binding = "Proton's Python binding"

    func measure(_ bench: Workbench, into result: inout GroupResult) throws {
        var names = [Self.hubwatch, Self.proton]
        for (name, module) in [(Self.azure, "azure.eventhub"), (Self.binding, "proton")] {
            if bench.hasModule(module) {
                names.append(name)
            } else {
                result.notes.append("\(name) is left out: not installed.")
            }
        }
        var curves: [String: [Series.Point]] = [:]
        for size in Self.sizes {
            let broker = try bench.broker(["read:1"])
            bench.say("read: filling a partition with \(size.messages) bodies of \(size.bytes) bytes")
            try bench.fill(broker, "read", ["--messages", "\(size.messages)", "--size", "\(size.bytes)"])
            for usesTLS in [false, true] {
                var rounds: [String: [Round]] = [:]
                for round in 0..<bench.rounds {
                    bench.say(
                        "read: \(size.bytes) bytes, \(usesTLS ? "TLS" : "plain"), round \(round + 1) of \(bench.rounds)"
                    )
                    for index in names.indices {
                        let name = names[(index + round) % names.count]
                        rounds[name, default: []].append(try read(name, size, broker, usesTLS, bench))
                    }
                }
                add(rounds, size, usesTLS, &result)
                guard !usesTLS else { continue }
                for (name, list) in rounds {
                    curves[name, default: []].append(
                        .init(x: Double(size.bytes), y: Figures.median(list.map(\.cpuPerMessage))))
                }
            }
        }
        result.plots.append(
            Plot(
                file: "cpu", title: "Reading one partition, plain TCP", xLabel: "size of bodies, bytes",
                yLabel: "processor time per message, us", isLogarithmicX: true, isLogarithmicY: true,
                series: names.map { Series(name: $0, points: curves[$0] ?? []) }))
    }

    private func read(_ name: String, _ size: Size, _ broker: Broker, _ usesTLS: Bool, _ bench: Workbench) throws
        -> Round
    {
        let port = "\(usesTLS ? broker.tlsPort : broker.port)"
        let authority = usesTLS ? [broker.authority] : []
        switch name {
        case Self.hubwatch:
            return try bench.round(
                "\(bench.tools)/measure",
                ["read", "--port", port, "--hub", "read", "--messages", "\(size.messages)"]
                    + authority.flatMap { ["--authority", $0] })
        case Self.proton:
            let address = "read/ConsumerGroups/$Default/Partitions/0"
            return try bench.round(
                "\(bench.peers)/proton-receiver", ["localhost", port, address, "\(size.messages)", "2000"] + authority)
        default:
            let isAzure = name == Self.azure
            let script = isAzure ? "read_azure.py" : "read_proton.py"
            let messages = isAzure ? size.azureMessages : size.bindingMessages
            guard
                let (path, words) = bench.python(script, [port, "read", "\(messages)", "2000"] + authority)
            else {
                throw BenchFailure("no Python")
            }
            return try bench.round(path, words)
        }
    }

    private func add(_ rounds: [String: [Round]], _ size: Size, _ usesTLS: Bool, _ result: inout GroupResult) {
        let ours = rounds[Self.hubwatch] ?? []
        let what =
            "\(size.bytes >= 10_000 ? "\(size.bytes / 1000) kB" : "\(size.bytes) B"), \(usesTLS ? "TLS" : "plain")"
        for name in [Self.proton, Self.azure, Self.binding] {
            guard let peers = rounds[name] else { continue }
            let isC = name == Self.proton
            result.rows.append(
                Row(
                    name: "\(what): CPU", figure: Figures.median(ours.map(\.cpuPerMessage)), unit: "us/message",
                    peer: name,
                    peerFigure: Figures.median(peers.map(\.cpuPerMessage)),
                    ratio: Figures.ratio(ours.map(\.cpuPerMessage), peers.map(\.cpuPerMessage), lessIsBetter: true),
                    budget: isC && !usesTLS ? size.budget.map { .init(kind: .ratioAtLeast, value: $0) } : nil))
        }
        for name in [Self.proton, Self.azure] {
            guard let peers = rounds[name] else { continue }
            result.rows.append(
                Row(
                    name: "\(what): throughput", figure: Figures.median(ours.map(\.messagesPerSecond)),
                    unit: "messages/s",
                    peer: name, peerFigure: Figures.median(peers.map(\.messagesPerSecond)),
                    ratio: Figures.ratio(ours.map(\.messagesPerSecond), peers.map(\.messagesPerSecond))))
        }
    }
}
