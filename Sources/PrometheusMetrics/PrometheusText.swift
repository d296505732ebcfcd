/// Writes metrics in Prometheus' text format, version 0.0.4.
///
/// **Shape**: families by name, each with a HELP and a TYPE line, its series by their labels; LF at every line's end.
/// **Source**: Prometheus documentation, "Exposition formats", text-based format.
public enum PrometheusText {
    /// The content type to send it with.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The value of one series.
    enum Value: Hashable {
        case whole(Int64)
        case real(Double)
        /// Counts per bucket (not added up), the count above the last bound, and the sum of all values.
        case distribution(counts: [Int64], above: Int64, sum: Double)
    }

    /// Writes one family; series are `labels` (written by ``labels(_:)``) and values.
    static func append(_ family: MetricFamily, _ series: [(labels: String, value: Value)], to text: inout String) {
        guard !series.isEmpty else { return }
        if !family.help.isEmpty { text += "# HELP \(family.name) \(escapedHelp(family.help))\n" }
        text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
        for (labels, value) in series {
            switch value {
            case .whole(let number): line(family.name, labels, "\(number)", to: &text)
            case .real(let number): line(family.name, labels, write(number), to: &text)
            case .distribution(let counts, let above, let sum):
                var total: Int64 = 0
                for (bound, count) in zip(family.buckets, counts) {
                    total &+= count
                    line(
                        family.name + "_bucket", joined(labels, "le=\"\(write(bound))\""), "\(total)", to: &text)
                }
                total &+= above
                line(family.name + "_bucket", joined(labels, "le=\"+Inf\""), "\(total)", to: &text)
                line(family.name + "_sum", labels, write(sum), to: &text)
                line(family.name + "_count", labels, "\(total)", to: &text)
            }
        }
    }

    /// Writes labels as they stand between the braces: in order of their names, each name once, values escaped.
    ///
    /// Characters that no label name may have become underscores; `le` is the format's own and becomes `exported_le`.
    static func labels(_ dimensions: [(String, String)]) -> String {
        var values: [String: String] = [:]
        for (name, value) in dimensions { values[labelName(name)] = value }
        return values.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escapedValue($0.value))\"" }
            .joined(separator: ",")
    }

    /// A metric name made of what was given: characters that none may have become underscores.
    static func metricName(_ name: String) -> String { sanitized(name, colons: true) }

    private static func labelName(_ name: String) -> String {
        let name = sanitized(name, colons: false)
        return name == "le" ? "exported_le" : name
    }

    private static func sanitized(_ name: String, colons: Bool) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            let isDigit = ("0"..."9").contains(scalar)
            let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
            if isDigit, result.isEmpty { result += "_" }
            result.unicodeScalars.append(isDigit || isLetter || (colons && scalar == ":") ? scalar : "_")
        }
        return result.isEmpty ? "_" : result
    }

    private static func line(_ name: String, _ labels: String, _ value: String, to text: inout String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    private static func joined(_ labels: String, _ more: String) -> String {
        labels.isEmpty ? more : "\(labels),\(more)"
    }

    private static func write(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
        // Whole numbers without a fraction: shorter, and what people expect of bounds.
        if number.rounded() == number, abs(number) < 1e15 { return "\(Int64(number))" }
        return "\(number)"
    }

    private static func escapedHelp(_ text: String) -> String { escaped(text, quotes: false) }
    private static func escapedValue(_ text: String) -> String { escaped(text, quotes: true) }

    /// A carriage return has no escape in the format, and some readers end a line at it: it becomes a space.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += " "
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
