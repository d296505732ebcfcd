/// Folded columns as bytes.
extension Accumulator {
    func encode(to writer: inout ByteWriter, bounds: FoldLimits) {
        switch self {
        case .count(let count):
            writer.byte(0)
            writer.signed(count)
        case .sum(let integers, let doubles, let values):
            writer.byte(1)
            writer.signed(values)
            if let small = Int64(exactly: integers) {
                writer.flag(false)
                writer.signed(small)
            } else {
                writer.flag(true)
                writer.wide(integers)
            }
            writer.flag(doubles != nil)
            doubles?.encode(to: &writer)
        case .extremum(let best, let isMaximum):
            writer.byte(isMaximum ? 3 : 2)
            writer.value(best)
        case .distinct(let set):
            writer.byte(4)
            set.encode(to: &writer, bound: bounds.distinctValuesMax)
        case .values(let values, let isTruncated):
            writer.byte(5)
            writer.flag(isTruncated)
            writer.count(values.count)
            for value in values { writer.value(value) }
        case .distribution(let distribution):
            writer.byte(6)
            distribution.encode(to: &writer)
        case .outermost(let value, let place, let isLast):
            writer.byte(isLast ? 8 : 7)
            writer.flag(place != nil)
            if let place {
                writer.place(place)
                writer.value(value)
            }
        case .events(let list):
            writer.byte(9)
            list.encode(to: &writer)
        }
    }

    init(from reader: inout ByteReader) throws(DetectionError) {
        let tag = try reader.byte()
        switch tag {
        case 0: self = .count(try reader.signed())
        case 1:
            let values = try reader.signed()
            let integers = try reader.flag() ? try reader.wide() : Int128(try reader.signed())
            let doubles = try reader.flag() ? try FixedPointSum(from: &reader) : nil
            self = .sum(integers: integers, doubles: doubles, values: values)
        case 2, 3: self = .extremum(try reader.value(), isMaximum: tag == 3)
        case 4: self = .distinct(try DistinctSet(from: &reader))
        case 5:
            let isTruncated = try reader.flag()
            let size = try reader.count()
            var values: [Value] = []
            for _ in 0..<size { values.append(try reader.value()) }
            self = .values(values, isTruncated: isTruncated)
        case 6: self = .distribution(try ValueDistribution(from: &reader))
        case 7, 8:
            let place = try reader.flag() ? try reader.place() : nil
            self = .outermost(place == nil ? .null : try reader.value(), place, isLast: tag == 8)
        case 9: self = .events(try EventList(from: &reader))
        default: throw ByteReader.malformed("a folded column has an unknown kind")
        }
    }
}
