import EventHubs
import EventHubsClient
import Logging

/// Asks the service about the hub and its partitions until it answers.
///
/// A service that cannot be reached is not "no such position": who asks waits. Questions about the hub that come while one
/// is under way share the next one, because an answer may be older than the question.
actor HubInquiry {
    typealias Question<Answer> = @Sendable () async throws(EventHubsError) -> Answer

    private let askHub: Question<HubProperties>
    private let askPartition: @Sendable (String) async throws(EventHubsError) -> PartitionProperties
    private let platform: RunPlatform
    private let logger: Logger
    private var running: Task<Result<HubProperties, EventHubsError>, Never>?
    private var following: Task<Result<HubProperties, EventHubsError>, Never>?

    init(
        hub: @escaping Question<HubProperties>,
        partition: @escaping @Sendable (String) async throws(EventHubsError) -> PartitionProperties,
        platform: RunPlatform = .system, logger: Logger
    ) {
        askHub = hub
        askPartition = partition
        self.platform = platform
        self.logger = logger
    }

    /// What the hub says of itself, asked not before now.
    func hub() async throws(EventHubsError) -> HubProperties {
        if let following { return try await following.value.get() }
        let before = running
        let question = Task { () -> Result<HubProperties, EventHubsError> in
            _ = await before?.value
            self.began()
            return await Self.persistently(self.platform, self.logger, self.askHub)
        }
        if before == nil { running = question } else { following = question }
        let answer = await question.value
        if running == question { running = nil }
        return try answer.get()
    }

    /// What a partition holds now.
    func partition(_ id: Int) async throws(EventHubsError) -> PartitionProperties {
        let ask = askPartition
        return try await Self.persistently(platform, logger) { () async throws(EventHubsError) in try await ask("\(id)")
        }.get()
    }

    /// A question that waited for the one before goes out now: later ones need another.
    private func began() {
        guard let next = following else { return }
        running = next
        following = nil
    }

    private static func persistently<Answer>(
        _ platform: RunPlatform, _ logger: Logger, _ ask: Question<Answer>
    ) async -> Result<Answer, EventHubsError> {
        var backoff = Backoff()
        var chance = platform.client.chance
        while true {
            do throws(EventHubsError) {
                return .success(try await ask())
            } catch {
                // A hub that is being made again is not there for a moment.
                guard error.isRetriable || error.code == .notFound, !Task.isCancelled else { return .failure(error) }
                logger.debug("The hub does not answer: \(error)")
                await platform.sleep(backoff.next(atLeast: error.retryAfter, using: &chance))
            }
        }
    }
}
