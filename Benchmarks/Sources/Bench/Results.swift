import Foundation

/// One row of the table: a figure, and what it is compared with.
struct Row: Codable {
    var name: String
    var figure: Double
    var unit: String
    var peer: String?
    var peerFigure: Double?
    /// How many times better than the peer; more than 1 is better, whatever the unit.
    var ratio: Double?
    var budget: Budget?
    var note: String?

    /// What the figure or its ratio has to reach.
    struct Budget: Codable {
        enum Kind: String, Codable { case ratioAtLeast, atLeast, atMost }
        var kind: Kind
        var value: Double

        var text: String {
            switch kind {
            case .ratioAtLeast: "ratio >= \(Figures.short(value))"
            case .atLeast: ">= \(Figures.short(value))"
            case .atMost: "< \(Figures.short(value))"
            }
        }
    }

    /// Whether the budget is met; nil without one.
    var isMet: Bool? {
        guard let budget else { return nil }
        switch budget.kind {
        case .ratioAtLeast: return ratio.map { $0 >= budget.value }
        case .atLeast: return figure >= budget.value
        case .atMost: return figure < budget.value
        }
    }
}

/// A curve, or the bars of a chart.
struct Series: Codable {
    var name: String
    var points: [Point]

    struct Point: Codable {
        var x: Double
        var y: Double
    }
}

/// What is drawn.
struct Plot: Codable {
    var file: String
    var title: String
    var xLabel: String
    var yLabel: String
    /// Names under bars; empty for curves.
    var bars: [String] = []
    var isLogarithmicX = false
    var isLogarithmicY = false
    var series: [Series]
}

/// What one group measured.
struct GroupResult: Codable {
    var group: String
    var measuredAt: String
    var machine: [String: String]
    var command: String
    var rounds: Int
    var seconds = 0.0
    var rows: [Row] = []
    var plots: [Plot] = []
    /// What was left out, and why.
    var notes: [String] = []
}

/// What a program measured in one round.
struct Round: Codable {
    var seconds = 0.0
    var cpu = 0.0
    var bytes = 0
    var records: Int? = 0
    var messages: Int? = 0
    var allocations: Int? = 0
    var matches: Int? = 0
    var extra: [String: Double]? = [:]

    var megabytesPerSecond: Double { Double(bytes) / max(cpu, 1e-9) / 1e6 }
    var recordsPerSecond: Double { Double(records ?? 0) / max(cpu, 1e-9) }
    var cpuPerMessage: Double { cpu / Double(max(1, messages ?? 0)) * 1e6 }
    var messagesPerSecond: Double { Double(messages ?? 0) / max(seconds, 1e-9) }
}

/// Sums over rounds.
enum Figures {
    static func median(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return .nan }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// The median of what each round says: rounds of one number ran beside each other and saw the same machine.
    static func ratio(_ ours: [Double], _ peers: [Double], lessIsBetter: Bool = false) -> Double {
        median(zip(ours, peers).map { lessIsBetter ? $1 / max($0, 1e-12) : $0 / max($1, 1e-12) })
    }

    /// Three significant digits.
    static func short(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        let size = abs(value)
        if size >= 1e9 { return short(value / 1e9) + "G" }
        if size >= 1e6 { return short(value / 1e6) + "M" }
        if size >= 1e4 { return short(value / 1e3) + "k" }
        let digits = size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4
        let text = String(format: "%.\(digits)f", value)
        guard text.contains(".") else { return text }
        return text.replacing(/\.?0+$/, with: "")
    }
}
