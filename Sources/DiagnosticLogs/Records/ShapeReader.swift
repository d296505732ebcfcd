/// Finds what records of other shapes say elsewhere, by a second walk along a plan of those places.
///
/// **Isolation**: one worker. **Cost**: one walk over the index of a record that has no readable `time` or an operation
/// name in parts; made when the first such record comes.
final class ShapeReader {
    /// A slot of the rules' plan and where else its value may be.
    struct Alias {
        let slot: Int
        let isResultType: Bool
        /// The first place is inside the object that has the name in the other shape.
        let isWrapped: Bool
        /// Slots of the second walk, best first.
        fileprivate let places: [Int]
    }

    let restAliases: [Alias]
    let logAnalyticsAliases: [Alias]
    private let walker: RecordWalker
    private let timePlaces: [Int]

    init(_ tables: PlanTables, otherTimes: [FieldPath]) {
        let rest = Self.places(tables, ShapeAliases.rest)
        let logAnalytics = Self.places(tables, ShapeAliases.logAnalytics)
        var builder = PlanBuilder(only: otherTimes + (rest + logAnalytics).flatMap(\.paths))
        timePlaces = otherTimes.map { builder.slot(of: $0) }
        restAliases = rest.map { Alias($0, &builder) }
        logAnalyticsAliases = logAnalytics.map { Alias($0, &builder) }
        walker = RecordWalker(builder.buildUnchecked())
    }

    fileprivate typealias Place = (path: FieldPath, slot: Int, paths: [FieldPath])

    private static func places(_ tables: PlanTables, _ map: (FieldPath) -> [FieldPath]) -> [Place] {
        tables.paths.compactMap { path, slot in
            let others = map(path)
            return others.isEmpty ? nil : (path, slot, others)
        }
    }

    /// Reads a record whose grammar was checked.
    ///
    /// What is found is valid until the next call.
    func read(_ record: IndexCursor, depth: Int) {
        var cursor = record
        if !walker.walkRecord(&cursor, depth: depth) { walker.beginRecord() }
    }

    /// The first time that can be read in a place other than `time`.
    var otherTime: Timestamp? {
        for place in timePlaces {
            if let time = walker.slots[place].timestampValue { return time }
        }
        return nil
    }

    /// The first value that is present and not null.
    func firstPresent(of alias: Alias) -> FieldSlot? {
        for place in alias.places {
            var value = walker.slots[place]
            if value.isNull { continue }
            // Its number belongs to the plan of the second walk.
            value.continuation = 0
            return value
        }
        return nil
    }
}

extension ShapeReader.Alias {
    fileprivate init(_ place: ShapeReader.Place, _ builder: inout PlanBuilder) {
        slot = place.slot
        isResultType = place.path.steps.first.map(FieldAliases.asciiLowercased) == "resulttype"
        isWrapped = place.paths.first?.steps.last == "value"
        places = place.paths.map { builder.slot(of: $0) }
    }
}
