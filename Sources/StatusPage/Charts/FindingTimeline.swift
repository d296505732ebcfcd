import FindingFormats

/// Findings over time: one column a span, one block a finding or more, the worst at the bottom.
struct FindingTimeline {
    /// Spans of time that are shown, in seconds: the shortest that holds all findings is taken.
    private static let spans: [Int64] = [900, 3_600, 6 * 3_600, 86_400, 7 * 86_400, 30 * 86_400, 90 * 86_400]
    private static let columns = 60
    private static let width = 600.0
    private static let height = 72.0

    /// Findings in each column, by severity from 1 to 5.
    private(set) var counts: [[Int]]
    /// When the first column begins, seconds since the Unix epoch.
    let startSeconds: Int64
    /// When the last column ends.
    let endSeconds: Int64

    init(_ findings: [FindingDigest], nowSeconds: Int64) {
        let oldest = findings.map { $0.decidedMs / 1000 }.min() ?? nowSeconds
        let longest = Self.spans[Self.spans.count - 1]
        let span = Self.spans.first { nowSeconds - oldest < $0 } ?? longest
        let length = span / Int64(Self.columns)
        // Columns keep their place while time goes on: they are aligned to their length.
        endSeconds = (nowSeconds / length + 1) * length
        startSeconds = endSeconds - span
        counts = Array(repeating: Array(repeating: 0, count: 6), count: Self.columns)
        for finding in findings {
            let column = (finding.decidedMs / 1000 - startSeconds) / length
            guard (0..<Int64(Self.columns)).contains(column) else { continue }
            counts[Int(column)][min(5, max(1, finding.severity))] += 1
        }
    }

    func draw(into html: inout Markup, label: String) {
        let most = counts.map { $0.reduce(0, +) }.max() ?? 0
        // A lone finding is a block, not a tower.
        let unit = Self.height / Double(max(6, most))
        let columnWidth = Self.width / Double(Self.columns)
        html.element(
            .svg, .class("timeline"), .viewBox(width: Self.width, height: Self.height), .stretched, .role("img"),
            .label(label)
        ) { svg in
            svg.empty(.line, .class("base"), .x1(0), .x2(Self.width), .y1(Self.height), .y2(Self.height))
            for (column, severities) in counts.enumerated() {
                var y = Self.height
                for severity in (1...5).reversed() where severities[severity] > 0 {
                    let tall = unit * Double(severities[severity])
                    y -= tall
                    svg.element(
                        .rect, SeverityName.attribute(severity), .x(columnWidth * Double(column) + 1), .y(y + 1),
                        .width(columnWidth - 2), .height(max(1, tall - 1))
                    ) { rect in
                        rect.element(
                            .title,
                            text: "\(severities[severity]) \(SeverityName.text(severity)), \(time(of: column)) UTC")
                    }
                }
            }
        }
    }

    private func time(of column: Int) -> String {
        let length = (endSeconds - startSeconds) / Int64(Self.columns)
        return TimeOfDay.text(startSeconds + Int64(column) * length, precision: .minute)
    }
}

/// Names of severities.
enum SeverityName {
    static func text(_ severity: Int) -> String {
        switch severity {
        case 5: "critical"
        case 4: "high"
        case 3: "medium"
        case 2: "low"
        default: "info"
        }
    }

    /// The class that colours it.
    static func attribute(_ severity: Int) -> Attribute {
        switch severity {
        case 5: .class("s5")
        case 4: .class("s4")
        case 3: .class("s3")
        case 2: .class("s2")
        default: .class("s1")
        }
    }
}
