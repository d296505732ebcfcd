import Detection
import DiagnosticLogs
import EventHubs
import EventHubsClient
import HubwatchConfiguration
import Logging

/// Reads a span of a hub into the live run's workers.
struct HubFeed: Sendable {
    let configuration: Configuration
    let surroundings: Hubwatch.Surroundings
    let rules: CompiledRules
    let status: RunStatus
    let tracker: ReplayTracker
    let client: EventHubsClient

    /// The partitions' spans, fixed by one question to each.
    func parts(
        _ owned: [Int], from: PartitionBounds<ReplayStart>, to: PartitionBounds<ReplayEnd>,
        resuming positions: [Int: Detection.PartitionPosition]
    ) async throws(HubwatchError) -> [Int: SpannedSource.Part] {
        for named in Set(from.byPartition.keys).union(to.byPartition.keys).sorted() where !owned.contains(named) {
            throw .replay(ReplayError(.badRequest, "--from or --to names partition \(named), which is not read"))
        }
        var parts: [Int: SpannedSource.Part] = [:]
        for partition in owned {
            let askedAt = surroundings.clock.now()
            let properties: PartitionProperties
            do throws(EventHubsError) {
                properties = try await client.partitionProperties("\(partition)")
            } catch {
                throw .eventHubs(error)
            }
            let span = PartitionSpan(
                from: from[partition], resumingAfter: positions[partition]?.sequenceNumber, to: to[partition],
                properties, askedAt: askedAt, skew: configuration.source.clockSkew)
            let start = from[partition]
            let isKnown = positions[partition].map { !$0.isStart } ?? false
            let isAtBeginning = start.eventPosition ?? .earliest == .earliest && properties.beginSequenceNumber <= 0
            parts[partition] = SpannedSource.Part(
                span: span, start: start.eventPosition ?? .earliest, properties: properties,
                hasMessagesBefore: !isKnown && !isAtBeginning && properties.lastSequenceNumber >= 0)
        }
        return parts
    }

    /// Reads until every span is read, the task is cancelled, or the hub ends it.
    func run(_ parts: [Int: SpannedSource.Part], into coordinator: Coordinator) async throws(HubwatchError) {
        let (ends, ending) = AsyncStream.makeStream(of: Optional<HubwatchError>.self)
        tracker.begin(.messages)
        let workers = HubSource(
            rules: rules, coordinator: coordinator, status: status, start: .earliest, clockSkew: .zero,
            messageBytesMax: configuration.limits.messageBytes,
            heldBytesMax: configuration.source.creditBytes / max(1, parts.count),
            resumption: PartitionResumption(
                client, coordinator, policies: configuration.source.gapPolicies, platform: surroundings.platform,
                logger: surroundings.logger),
            logger: surroundings.logger)
        let source = SpannedSource(
            workers, parts: parts, tracker: tracker, allDone: { ending.yield(nil) }, failed: { ending.yield($0) })
        let reading = Task {
            do throws(EventHubsError) {
                try await client.run(partitions: configuration.source.selection, into: source)
                ending.yield(nil)
            } catch {
                ending.yield(.eventHubs(error))
            }
        }
        let failure = await withTaskCancellationHandler {
            await ends.first { _ in true } ?? nil
        } onCancel: {
            ending.yield(nil)
        }
        await client.stopReceiving()
        await workers.drain()
        await client.shutdown()
        await reading.value
        if let failure { throw failure }
    }
}
