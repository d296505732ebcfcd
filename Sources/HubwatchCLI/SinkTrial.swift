import Detection
import DiagnosticLogs
import FindingFormats
import Foundation
import HubwatchConfiguration
import HubwatchRuntime
import Logging
import NIOCore
import NIOPosix
import Sinks
import StateStore

/// Single attempts at sinks, for `sinks test` and `sinks resend`.
struct SinkTrial {
    private let carriers: SinkCarriers
    private let group: MultiThreadedEventLoopGroup
    private let hostName = ProcessInfo.processInfo.hostName

    /// What came of one test.
    struct Outcome {
        var sink: SinkConfiguration
        var failure: DeliveryFailure?
        var answer: String
        var milliseconds: Int64

        var text: String {
            let to = "\(sink.name) (\(sink.type), \(sink.shownDestination))"
            guard let failure else { return "\(to): taken after \(milliseconds) ms: \(answer)" }
            return "\(to): not taken after \(milliseconds) ms: \(failure)"
        }

        var json: String {
            JSONText.object([
                ("name", .text(sink.name)), ("type", .text(sink.type)), ("to", .text(sink.shownDestination)),
                ("taken", .boolean(failure == nil)), ("answer", .text(failure?.summary ?? answer)),
                ("remedy", .text(failure?.remedy ?? "")), ("milliseconds", .number(milliseconds)),
            ])
        }
    }

    /// Findings name the source that is configured, as far as it can be read.
    init(_ options: ConfigurationOptions) throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let source = (try? options.configuration().source.findingSource) ?? FindingSource(namespace: "", hub: "")
        carriers = SinkCarriers(
            source: source, productVersion: BuildInfo.version, hostName: hostName, group: group,
            logger: Logger(label: "sinks") { _ in SwiftLogNoOpLogHandler() })
    }

    func close() async { try? await group.shutdownGracefully() }

    /// What keeps a sink from being used at all, such as a template or a file; nothing is sent.
    func problem(of sink: SinkConfiguration) async -> ConfigurationProblem? {
        do throws(DeliveryFailure) {
            try await carriers.carrier(for: sink)?.close()
            return nil
        } catch {
            return ConfigurationProblem(place: sink.place, message: "'sinks.\(sink.name)': \(error)")
        }
    }

    func test(_ sink: SinkConfiguration) async -> Outcome {
        let begin = ContinuousClock.now
        let parcel = Parcel(journalID: 0, entry: .test(at: WallClock.system.now(), host: hostName))
        let outcome = await attempt(sink, [parcel])
        let time = begin.duration(to: .now).components
        return Outcome(
            sink: sink, failure: outcome.failure, answer: outcome.answer,
            milliseconds: time.seconds * 1000 + time.attoseconds / 1_000_000_000_000_000)
    }

    /// One attempt at delivering parcels, as far as the receiver takes them.
    func attempt(_ sink: SinkConfiguration, _ parcels: [Parcel]) async -> CarryOutcome {
        if case .file(let path, _) = sink.target { return look(at: path) }
        do throws(DeliveryFailure) {
            guard let carrier = try carriers.carrier(for: sink) else { return CarryOutcome(accepted: 0) }
            var accepted = 0
            var last = CarryOutcome(accepted: 0)
            while accepted < parcels.count {
                last = await carrier.carry(Array(parcels[accepted...].prefix(carrier.parcelsMaximum)))
                accepted += last.accepted
                if last.failure != nil || last.accepted == 0 { break }
            }
            await carrier.close()
            return CarryOutcome(accepted: accepted, failure: last.failure, answer: last.answer)
        } catch {
            return CarryOutcome(accepted: 0, failure: error)
        }
    }

    /// A file of findings takes no test: it holds every finding once and nothing else.
    private func look(at path: String) -> CarryOutcome {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        let isThere = FileManager.default.fileExists(atPath: path)
        guard FileManager.default.isWritableFile(atPath: isThere ? path : folder) else {
            return CarryOutcome(
                accepted: 0,
                failure: DeliveryFailure(
                    .unavailable, "'\(isThere ? path : folder)' cannot be written",
                    remedy: "check that it exists, and its rights"))
        }
        return CarryOutcome(accepted: 1, answer: "can be written; nothing was")
    }
}

/// Sends findings again that sinks gave up on.
struct SinkResending {
    let store: SQLiteStateStore
    let sinks: [SinkConfiguration]
    let trial: SinkTrial

    /// What came of it.
    struct Outcome {
        var taken = 0
        var failed = 0
        var notes: [String] = []

        var text: String {
            if taken + failed == 0, notes.isEmpty { return "No sink has given up on a finding." }
            let sent = taken == 1 ? "1 finding was sent again" : "\(taken) findings were sent again"
            return (["\(sent), \(failed) not taken."] + notes).joined(separator: "\n")
        }

        var json: String {
            JSONText.object([("taken", .number(Int64(taken))), ("failed", .number(Int64(failed)))])
        }
    }

    func run(of sink: String?, ids: Set<Int64>) async throws -> Outcome {
        var outcome = Outcome()
        var position: Int64 = 0
        var unreachable: Set<String> = []
        while true {
            let letters = try await store.sinkLetters(of: sink, after: position, limit: 256, includingResent: false)
            guard let last = letters.last else { return outcome }
            position = last.id
            for stored in letters where ids.isEmpty || ids.contains(stored.id) {
                try await send(stored, &outcome, &unreachable)
            }
        }
    }

    private func send(
        _ stored: StoredSinkLetter, _ outcome: inout Outcome, _ unreachable: inout Set<String>
    ) async throws {
        let name = stored.letter.sink
        guard let sink = sinks.first(where: { $0.name == name }) else {
            outcome.failed += 1
            if unreachable.insert(name).inserted { outcome.notes.append("\(name): is not configured") }
            return
        }
        guard !unreachable.contains(name) else {
            outcome.failed += 1
            return
        }
        let failure: DeliveryFailure?
        do throws(FindingFormatError) {
            let entry = try JournalRecord(payload: stored.letter.row.draft.payload).entry
            failure = await trial.attempt(sink, [Parcel(journalID: stored.letter.row.id, entry: entry)]).failure
        } catch {
            failure = DeliveryFailure(.refused, "\(error)")
        }
        guard let failure else {
            outcome.taken += 1
            _ = try await store.markResent([stored.id], atNs: WallClock.system.now().nanoseconds)
            return
        }
        outcome.failed += 1
        outcome.notes.append("\(name), finding \(stored.id): \(failure)")
        if failure.kind == .unavailable { unreachable.insert(name) }
    }
}
