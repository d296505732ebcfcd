/// A series as steps over a time: one level a slot, a filled area below, nothing where nothing is known.
///
/// The drawing is stretched to the room it gets; words beside it are HTML, so that they keep their size on a narrow
/// screen.
struct SeriesPlot {
    private static let width = 600.0
    private let height: Double
    private let series: StatusSeries
    private let top: Int64
    /// When the plot begins and ends, seconds.
    private let span: ClosedRange<Int64>

    /// - Parameter secondsMin: shortest time that is shown; a series that is shorter begins further right.
    init(_ series: StatusSeries, height: Double, top: Int64? = nil, secondsMin: Int64, pointsMax: Int) {
        self.series = series.joined(most: pointsMax)
        self.height = height
        self.top = top ?? Scale.ceiling(series.peak ?? 0, least: 10)
        let end = self.series.endSeconds
        span = min(self.series.startSeconds, end - secondsMin)...end
    }

    /// The largest number that fits.
    var ceiling: Int64 { top }
    /// When the plot begins, seconds since the Unix epoch.
    var startSeconds: Int64 { span.lowerBound }
    /// When it ends.
    var endSeconds: Int64 { span.upperBound }

    /// Draws it; `label` is what it says to those who do not see it.
    func draw(into html: inout Markup, label: String, grid: Int = 0) {
        html.element(
            .svg, .viewBox(width: Self.width, height: height), .stretched, .role("img"), .label(label)
        ) { svg in
            for line in 0..<max(0, grid) {
                let y = height * Double(line) / Double(max(1, grid))
                svg.empty(.line, .class("grid"), .x1(0), .x2(Self.width), .y1(y), .y2(y))
            }
            let (area, outline) = paths()
            if !area.text.isEmpty {
                svg.empty(.path, .class("area"), .d(area))
                svg.empty(.path, .class("level"), .d(outline))
            }
        }
    }

    private func paths() -> (area: PathText, outline: PathText) {
        var area = PathText()
        var outline = PathText()
        var isDrawing = false
        for (index, value) in series.values.enumerated() {
            let start = x(series.startSeconds + Int64(index) * series.slotSeconds)
            let end = x(series.startSeconds + Int64(index + 1) * series.slotSeconds)
            guard let value else {
                if isDrawing { finish(&area, at: start) }
                isDrawing = false
                continue
            }
            let y = y(value)
            if isDrawing {
                area.line(start, y)
                outline.line(start, y)
            } else {
                area.move(start, height)
                area.line(start, y)
                outline.move(start, y)
                isDrawing = true
            }
            area.line(end, y)
            outline.line(end, y)
            if index == series.values.count - 1 { finish(&area, at: end) }
        }
        return (area, outline)
    }

    private func finish(_ area: inout PathText, at x: Double) {
        area.line(x, height)
        area.close()
    }

    private func x(_ seconds: Int64) -> Double {
        let length = max(1, span.upperBound - span.lowerBound)
        return Self.width * Double(seconds - span.lowerBound) / Double(length)
    }

    /// Half a line's width stays free above and below, or the line at zero would be cut.
    private func y(_ value: Int64) -> Double {
        let share = min(1, max(0, Double(value) / Double(max(1, top))))
        return 1 + (height - 2) * (1 - share)
    }
}
