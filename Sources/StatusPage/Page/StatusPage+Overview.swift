import FindingFormats

extension StatusPage {
    /// Name, state and source.
    func masthead(into html: inout Markup) {
        html.element(.div, .id("masthead")) { html in
            html.element(.div, .class("masthead")) { line in
                line.element(.h1, text: "hubwatch")
                line.element(
                    .span, .class(view.isReady ? "state good" : "state warn"),
                    text: clipped(view.state, 20))
                line.element(.span, .class("source")) { source in
                    source.element(
                        .bdi, text: clipped([view.namespace, view.hub].filter { !$0.isEmpty }.joined(separator: " / ")))
                    source.element(.span, .class("soft")) { soft in
                        soft.text(" group ")
                        soft.element(.bdi, text: clipped(view.consumerGroup))
                    }
                }
                line.element(.span, .class("now soft")) { now in
                    if let started = view.startedSeconds {
                        now.text("up \(CountText.span(seconds: Double(max(0, view.nowSeconds - started)))) · ")
                    }
                    now.text(TimeOfDay.text(view.nowSeconds, precision: .second))
                    now.text(" UTC")
                }
            }
            guard !view.reasons.isEmpty else { return }
            html.element(.ul, .class("reasons"), .label("What is wrong")) { list in
                for reason in view.reasons.prefix(Limits.reasonsToWorry) {
                    list.element(.li, text: clipped(reason, 400))
                }
                let more = view.reasons.count - Limits.reasonsToWorry
                if more > 0 { list.element(.li, text: "and \(more) more") }
            }
        }
    }

    /// The numbers that a reader looks for first.
    func figures(into html: inout Markup) {
        html.element(.dl, .id("figures"), .class("figures"), .label("Key figures")) { list in
            func figure(_ name: String, _ value: String, _ note: String? = nil) {
                list.element(.div) { entry in
                    entry.element(.dt, text: name)
                    entry.element(.dd) { number in
                        number.text(value)
                        if let note { number.element(.small, text: " " + note) }
                    }
                }
            }
            figure("Lag", view.lag.map(CountText.short) ?? "–", view.lag == 1 ? "message" : "messages")
            figure("Behind", view.lagSeconds.map { CountText.span(seconds: $0) } ?? (view.lag == 0 ? "0 s" : "–"))
            figure("Judged", recent.rate.values.last.flatMap { $0 }.map(CountText.short) ?? "–", "records/s")
            figure("Records", CountText.short(view.records), "since start")
            figure("Alerts", CountText.short(view.alerts), "since start")
            figure("Dead letters", CountText.short(view.deadLetterCount), "since start")
            figure("Open groups", CountText.short(view.groups))
        }
    }

    /// Lag and rate over time.
    func charts(into html: inout Markup) {
        html.element(.section, .id("charts"), .label("Lag and rate over time")) { section in
            section.element(.div, .class("pair")) { pair in
                chart(
                    into: &pair, recent.lag, "Lag", unit: "messages left to read",
                    now: view.lag.map { CountText.grouped($0) })
                chart(
                    into: &pair, recent.rate, "Rate", unit: "records judged a second",
                    now: recent.rate.values.last.flatMap { $0 }.map { CountText.grouped($0) })
            }
        }
    }

    private func chart(
        into html: inout Markup, _ series: StatusSeries, _ name: String, unit: String, now: String?
    ) {
        let plot = SeriesPlot(series, height: 120, secondsMin: 300, pointsMax: 360)
        let peak = series.peak.map(CountText.grouped) ?? "unknown"
        html.element(.figure) { figure in
            figure.element(.figcaption) { caption in
                caption.element(.span) { title in
                    title.element(.strong, text: name)
                    title.element(.span, .class("soft"), text: ", \(unit)")
                }
                caption.element(.span, .class("soft"), text: "peak \(peak)")
            }
            figure.element(.div, .class("plot")) { box in
                plot.draw(
                    into: &box,
                    label: "\(name), \(unit): \(now ?? "unknown") now, peak \(peak) since "
                        + "\(TimeOfDay.text(plot.startSeconds, precision: .minute)) UTC", grid: 2)
                box.element(.span, .class("top"), .hidden, text: CountText.short(plot.ceiling))
                box.element(.span, .class("zero"), .hidden, text: "0")
            }
            axis(into: &figure, plot.startSeconds, plot.endSeconds, isWide: false)
        }
    }

    /// Times below a plot.
    func axis(into html: inout Markup, _ start: Int64, _ end: Int64, isWide: Bool) {
        let precision: TimeOfDay.Precision = end - start > 20 * 3600 ? .day : .minute
        html.element(.div, .class(isWide ? "axis wide" : "axis"), .hidden) { axis in
            for time in [start, start + (end - start) / 2, end] {
                axis.element(.span, text: TimeOfDay.text(time, precision: precision))
            }
        }
    }

    /// A text of outside, cut to a length.
    func clipped(_ text: String, _ columns: Int = 120) -> String { TerminalText.escaped(text, columns: columns) }
}
