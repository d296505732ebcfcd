// In a file of their own: the module holds a protocol of its own name, which hides it, and the engine's types have these names too.
import StateStore

typealias StoredPosition = PartitionPosition
typealias StoredDelta = StateDelta
