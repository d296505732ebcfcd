/// The end of a day that falls into a drill, so that a day's findings can close in it.
///
/// Some records carry times of their own that are a fixed span older than their publication, and the rules over them wait
/// just that much longer: their day ends at the crossing, whenever the drill is run.
struct DayCrossing: Sendable {
    /// When the shifted times pass the end of a day, in milliseconds; whole seconds.
    var milliseconds: Int64

    private static let day: Int64 = 86_400_000

    /// The crossing that lies a time after another.
    init(seconds: Double, after milliseconds: Int64) {
        self.init(milliseconds: (milliseconds + Int64(seconds * 1000)) / 1000 * 1000)
    }

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// How much older the records' own times are.
    var shift: Int64 { milliseconds % Self.day }
    /// The first instant of the day behind the crossing, in the records' own times.
    var dayEnd: Int64 { milliseconds - shift }
    /// Lateness of the rules over these records.
    var lateness: Int64 { shift + DrillRules.eventLateness * 1000 }
}
