/// Numbers onto a length.
enum Scale {
    /// The least number of the form 1, 2 or 5 times a power of ten that is not below; at least `least`.
    static func ceiling(_ value: Int64, least: Int64 = 1) -> Int64 {
        let value = max(value, least)
        var power: Int64 = 1
        while true {
            for step: Int64 in [1, 2, 5] {
                let (candidate, overflow) = power.multipliedReportingOverflow(by: step)
                if overflow { return value }
                if candidate >= value { return candidate }
            }
            let (next, overflow) = power.multipliedReportingOverflow(by: 10)
            if overflow { return value }
            power = next
        }
    }
}
