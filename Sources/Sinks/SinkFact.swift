/// One step of a sink, for those who watch how it gets on.
public enum SinkFact: Hashable, Sendable {
    /// It has found its place: everything up to this journal row is delivered.
    case started(through: Int64)
    /// It has delivered rows, the last of them with this id.
    case delivered(through: Int64, rows: Int)
    /// An attempt failed.
    case failed(SinkError)
    /// What failed before works again.
    case resumed
}
