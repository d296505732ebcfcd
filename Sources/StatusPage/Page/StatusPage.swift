/// The status page of a running hubwatch: what it reads, how far behind it is, what it found.
///
/// A function of a view and the near past, without clock or socket: equal input gives equal bytes.
///
/// **Shape**: one document without anything from elsewhere. Each ``PageSection`` is an element with an id, which the live
/// page replaces as a whole. Without a script the page reloads itself every ten seconds.
///
/// **Bounds**: ``Limits``; what is cut off is said.
public struct StatusPage: Sendable {
    /// How much of each list is shown.
    enum Limits {
        static let findings = 50
        static let partitions = 128
        static let rules = 200
        static let reasons = 30
        static let sinks = 50
        static let gaps = 20
        static let reasonsToWorry = 10
    }

    let view: StatusView
    let recent: RecentActivity

    /// Makes a page.
    public init(_ view: StatusView, _ recent: RecentActivity) {
        self.view = view
        self.recent = recent
    }

    /// Draws every part.
    public func drawing() -> PageDrawing {
        PageDrawing(
            sections: PageSection.Name.allCases.map { PageSection(id: $0, html: drawn($0)) }, hub: view.hub,
            version: view.version)
    }

    func drawn(_ section: PageSection.Name) -> Markup {
        var html = Markup()
        switch section {
        case .masthead: masthead(into: &html)
        case .figures: figures(into: &html)
        case .charts: charts(into: &html)
        case .findings: findings(into: &html)
        case .partitions: partitions(into: &html)
        case .rules: rules(into: &html)
        case .deadLetters: deadLetters(into: &html)
        case .sinks: sinks(into: &html)
        case .gaps: gaps(into: &html)
        }
        return html
    }
}
