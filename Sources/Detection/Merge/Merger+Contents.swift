/// What a merger holds, for those who check it against the events.
extension Merger {
    /// One line for every pane of every group: which rule and group, how many records, and the places of the first, the
    /// last and the evidence.
    ///
    /// Equal for equal events up to equal positions, however they were merged, stored and loaded.
    package var contents: [String] {
        states.enumerated().flatMap { rule, state in
            state.groups.values.flatMap { group in
                group.panes.map { pane -> String in
                    let partial = pane.partial
                    let places = ([partial.first, partial.last] + partial.evidence.map(\.stamp)).map {
                        "\($0.time)/\($0.position.partition)/\($0.position.sequence)/\($0.position.index)"
                    }
                    let group = group.key.map { String($0, radix: 16) }.joined()
                    return "\(rules.rules[rule].metadata.id) \(group) \(pane.number) n=\(partial.rows) \(places)"
                }
            }
        }.sorted()
    }
}
