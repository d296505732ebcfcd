import Foundation

/// Draws a plot as SVG that can be read on light and on dark pages.
struct Chart {
    let plot: Plot
    private let width = 760.0
    private let height = 400.0
    private let left = 78.0
    private let right = 24.0
    private let top = 44.0
    private let bottom = 66.0
    // Told apart by people who do not see red and green apart as well, on either ground.
    private static let colours = ["#4c8dd6", "#e08a1e", "#2fa37c", "#c0569a", "#8f7f2f", "#8a6fd1"]

    private var values: [Double] { plot.series.flatMap { $0.points.map(\.y) }.filter(\.isFinite) }
    private var xValues: [Double] { plot.series.flatMap { $0.points.map(\.x) } }
    private var area: (width: Double, height: Double) { (width - left - right, height - top - bottom) }

    var svg: String {
        var out = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(width)) \(Int(height))" font-family="sans-serif" font-size="12">
            <style>
            text { fill: #24292f } .axis { stroke: #57606a; stroke-width: 1 } .grid { stroke: #57606a; stroke-opacity: 0.25 }
            @media (prefers-color-scheme: dark) { text { fill: #d0d7de } .axis { stroke: #8b949e } .grid { stroke: #8b949e } }
            </style>

            """
        out += text(plot.title, width / 2, 20, size: 15, anchor: "middle")
        out += yAxis() + (plot.bars.isEmpty ? xAxis() + curves() : bars())
        out += text(plot.xLabel, left + area.width / 2, height - 8, anchor: "middle")
        out +=
            "<text x=\"14\" y=\"\(at(top + area.height / 2))\" text-anchor=\"middle\" transform=\"rotate(-90 14 \(at(top + area.height / 2)))\">\(escaped(plot.yLabel))</text>\n"
        if plot.series.count > 1 { out += legend() }
        return out + "</svg>\n"
    }

    // MARK: Scales

    private var yRange: (Double, Double) {
        let positive = values.filter { $0 > 0 }
        guard plot.isLogarithmicY else { return (0, max(1e-9, (values.max() ?? 1) * 1.08)) }
        let low = pow(10, floor(log10(positive.min() ?? 1)))
        return (low, max(low * 10, pow(10, ceil(log10((positive.max() ?? 10))))))
    }

    private var xRange: (Double, Double) {
        let (low, high) = (xValues.min() ?? 0, xValues.max() ?? 1)
        if plot.isLogarithmicX { return (max(low, 1e-9), max(high, low * 1.01)) }
        return (min(0, low), max(high, low + 1e-9))
    }

    private func y(_ value: Double) -> Double {
        let (low, high) = yRange
        let share =
            plot.isLogarithmicY
            ? (log10(max(value, low)) - log10(low)) / (log10(high) - log10(low)) : (value - low) / (high - low)
        return top + area.height * (1 - share)
    }

    private func x(_ value: Double) -> Double {
        let (low, high) = xRange
        let share =
            plot.isLogarithmicX
            ? (log10(max(value, low)) - log10(low)) / max(1e-9, log10(high) - log10(low)) : (value - low) / (high - low)
        return left + area.width * share
    }

    private static func steps(_ low: Double, _ high: Double) -> [Double] {
        let raw = (high - low) / 5
        let size = pow(10, floor(log10(max(raw, 1e-12))))
        let step = [1.0, 2, 5, 10].map { $0 * size }.first { $0 >= raw } ?? raw
        return stride(from: (low / step).rounded(.up) * step, through: high, by: step).map { $0 }
    }

    private var yMarks: [Double] {
        let (low, high) = yRange
        guard plot.isLogarithmicY else { return Self.steps(low, high) }
        return stride(from: log10(low), through: log10(high) + 1e-9, by: 1).map { pow(10, $0.rounded()) }
    }

    // MARK: Parts

    private func yAxis() -> String {
        var out =
            "<line class=\"axis\" x1=\"\(at(left))\" y1=\"\(at(top))\" x2=\"\(at(left))\" y2=\"\(at(top + area.height))\"/>\n"
        for mark in yMarks {
            let place = y(mark)
            out +=
                "<line class=\"grid\" x1=\"\(at(left))\" y1=\"\(at(place))\" x2=\"\(at(width - right))\" y2=\"\(at(place))\"/>\n"
            out += text(Figures.short(mark), left - 8, place + 4, anchor: "end")
        }
        return out
    }

    private func xAxis() -> String {
        let base = top + area.height
        var out =
            "<line class=\"axis\" x1=\"\(at(left))\" y1=\"\(at(base))\" x2=\"\(at(width - right))\" y2=\"\(at(base))\"/>\n"
        let marks = plot.isLogarithmicX ? Array(Set(xValues)).sorted() : Self.steps(xRange.0, xRange.1)
        for mark in marks {
            out +=
                "<line class=\"axis\" x1=\"\(at(x(mark)))\" y1=\"\(at(base))\" x2=\"\(at(x(mark)))\" y2=\"\(at(base + 5))\"/>\n"
            out += text(Figures.short(mark), x(mark), base + 19, anchor: "middle")
        }
        return out
    }

    private func curves() -> String {
        var out = ""
        for (number, series) in plot.series.enumerated() {
            let colour = Self.colours[number % Self.colours.count]
            let points = series.points.sorted { $0.x < $1.x }.filter { $0.y.isFinite }
            let path = points.map { "\(at(x($0.x))),\(at(y($0.y)))" }.joined(separator: " ")
            out += "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\" points=\"\(path)\"/>\n"
            guard points.count <= 30 else { continue }
            for point in points {
                out += "<circle cx=\"\(at(x(point.x)))\" cy=\"\(at(y(point.y)))\" r=\"3.5\" fill=\"\(colour)\"/>\n"
            }
        }
        return out
    }

    private func bars() -> String {
        let slot = area.width / Double(max(1, plot.bars.count))
        let each = slot * 0.72 / Double(max(1, plot.series.count))
        let base = top + area.height
        var out =
            "<line class=\"axis\" x1=\"\(at(left))\" y1=\"\(at(base))\" x2=\"\(at(width - right))\" y2=\"\(at(base))\"/>\n"
        for (number, series) in plot.series.enumerated() {
            let colour = Self.colours[number % Self.colours.count]
            for point in series.points where point.y.isFinite {
                let start = left + slot * (point.x + 0.14) + each * Double(number)
                let place = min(base, y(point.y))
                out +=
                    "<rect x=\"\(at(start))\" y=\"\(at(place))\" width=\"\(at(each * 0.94))\" height=\"\(at(base - place))\" fill=\"\(colour)\"/>\n"
                let size = plot.series.count > 1 ? 9.0 : 11
                out += text(Figures.short(point.y), start + each / 2, place - 4, size: size, anchor: "middle")
            }
        }
        for (number, name) in plot.bars.enumerated() {
            let middle = left + slot * (Double(number) + 0.5)
            // Long names share the room on two heights.
            let lower = plot.bars.count > 6 && number % 2 == 1 ? 14.0 : 0
            out += text(name, middle, base + 17 + lower, size: 11, anchor: "middle")
        }
        return out
    }

    private func legend() -> String {
        var out = ""
        var place = left + 8
        for (number, series) in plot.series.enumerated() {
            let colour = Self.colours[number % Self.colours.count]
            out += "<rect x=\"\(at(place))\" y=\"28\" width=\"11\" height=\"11\" fill=\"\(colour)\"/>\n"
            out += text(series.name, place + 16, 38, anchor: "start")
            place += 34 + Double(series.name.count) * 6.6
        }
        return out
    }

    private func text(_ content: String, _ x: Double, _ y: Double, size: Double = 12, anchor: String) -> String {
        "<text x=\"\(at(x))\" y=\"\(at(y))\" font-size=\"\(at(size))\" text-anchor=\"\(anchor)\">\(escaped(content))</text>\n"
    }

    private func at(_ value: Double) -> String { String(format: "%.1f", value) }

    private func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
