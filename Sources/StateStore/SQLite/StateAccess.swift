/// How calls reach the state file.
package enum StateAccess: Sendable {
    /// On the store's own queues: no caller waits for a disk on a thread that others need.
    case queued
    /// On the caller's thread, with `boundary` awaited before and after each call: the simulation decides there what
    /// happens in between.
    case stepwise(boundary: @Sendable () async -> Void)
}
