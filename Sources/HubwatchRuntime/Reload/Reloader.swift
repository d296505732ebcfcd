import Detection
import EventHubs
import EventHubsClient
import HubwatchConfiguration
import Logging

/// Takes requests to reload, one after the other: reads, decides, and makes what the next session needs while the present
/// one goes on.
///
/// Whatever cannot be taken changes nothing: it is logged line by line, counted, and raised as a finding.
actor Reloader {
    private let reloading: Reloading
    private let surroundings: Hubwatch.Surroundings
    private let status: RunStatus
    private let ends: SessionEnds
    private let connect: @Sendable (Configuration) throws(EventHubsError) -> EventHubsClient
    private var inForce: InForce
    private var session: RunSession
    private var logger: Logger { surroundings.logger }

    /// How long a hub may take to answer with new settings before the old ones stay.
    static let answerLimit = Duration.seconds(30)
    /// When a reload that failed for a reason that may pass is tried again.
    static let retryPause = Duration.seconds(60)

    init(
        _ reloading: Reloading, _ inForce: InForce, _ session: RunSession, _ ends: SessionEnds,
        surroundings: Hubwatch.Surroundings, status: RunStatus,
        connect: @escaping @Sendable (Configuration) throws(EventHubsError) -> EventHubsClient
    ) {
        self.reloading = reloading
        self.inForce = inForce
        self.session = session
        self.ends = ends
        self.surroundings = surroundings
        self.status = status
        self.connect = connect
    }

    /// Takes requests until the task is cancelled.
    func run() async {
        // Requests, and those that are tried again.
        let (causes, again) = AsyncStream.makeStream(of: Reloading.Cause.self, bufferingPolicy: .bufferingNewest(1))
        let requests = reloading.requests
        let forwarding = Task { for await cause in requests { again.yield(cause) } }
        defer { forwarding.cancel() }
        var retrying: Task<Void, Never>?
        for await cause in causes {
            retrying?.cancel()
            guard await take(cause) == .mayPass, !Task.isCancelled else { continue }
            let pause = surroundings.platform.sleep
            retrying = Task {
                await pause(Self.retryPause)
                if !Task.isCancelled { again.yield(cause) }
            }
        }
        retrying?.cancel()
    }

    /// A session has taken over.
    func follow(_ session: RunSession) { self.session = session }

    private enum Outcome { case done, mayPass }

    private func take(_ cause: Reloading.Cause) async -> Outcome {
        logger.info("Reloading: \(cause).")
        reloading.note(.began(cause))
        let given: GivenSettings
        do throws(ConfigurationError) {
            given = try reloading.read()
        } catch {
            return await refuse(error.problems.map(\.description))
        }
        // The digests first: what changes behind them is noticed by the next look.
        let contents = InForce.contents(given)
        let selection = RuleSelection(loading: given.configuration.rules, adding: surroundings.addedRules)
        switch ReloadDecision.decide(facts(given, selection, contents)) {
        case .nothing:
            logger.info("Reloading: nothing has changed.")
            reloading.note(.unchanged)
        case .refused(let reasons): return await refuse(reasons)
        case .live(let settings):
            inForce.given = given
            taken("settings: \(settings.joined(separator: ", "))")
        case .session(let settings, let files):
            guard let rules = selection.compiled else { return await refuse(["no rule can run"]) }
            let next = InForce(
                given: given, selection: selection, rules: rules, contents: contents, source: inForce.source)
            return await replace(by: next, text(settings, files, rules))
        }
        return .done
    }

    private func facts(
        _ given: GivenSettings, _ selection: RuleSelection, _ contents: FileContents
    ) -> ReloadDecision.Facts {
        let old = inForce.given
        return ReloadDecision.Facts(
            changes: given.changed(since: old).map {
                ReloadDecision.Change(
                    path: $0.path, effect: $0.effect, old: old.shown($0), new: given.shown($0),
                    place: given.place(of: $0))
            } + Self.changedSinks(old.configuration.sinks, given.configuration.sinks),
            source: (old.configuration.source.placeName, given.configuration.source.placeName),
            refusedBefore: inForce.selection.refusals, refusedNow: selection.refusals,
            runnable: selection.rules.count, refusesAnyRule: !given.configuration.rules.ignoreRefused,
            files: contents.changed(since: inForce.contents))
    }

    /// Further sinks are opened at the start: a change of any is a change of all.
    private static func changedSinks(
        _ old: [SinkConfiguration], _ new: [SinkConfiguration]
    ) -> [ReloadDecision.Change] {
        func texts(_ sinks: [SinkConfiguration]) -> [String] {
            sinks.map { sink in
                var sink = sink
                sink.place = ""
                return String(describing: sink)
            }
        }
        guard texts(old) != texts(new) else { return [] }
        func names(_ sinks: [SinkConfiguration]) -> String {
            sinks.isEmpty ? "none" : sinks.map(\.name).joined(separator: ", ")
        }
        return [
            ReloadDecision.Change(
                path: "sinks", effect: .start, old: names(old), new: names(new), place: new.first?.place ?? "sinks")
        ]
    }

    private func text(_ settings: [String], _ files: [String], _ rules: CompiledRules) -> String {
        var parts: [String] = []
        if !settings.isEmpty { parts.append("settings: \(settings.joined(separator: ", "))") }
        let inputs = Set(inForce.given.inputFiles)
        let read = files.filter(inputs.contains)
        if !read.isEmpty { parts.append("files: \(read.joined(separator: ", "))") }
        parts.append(RuleDifference(from: inForce.rules, to: rules).text)
        return parts.joined(separator: "; ")
    }

    /// Tries the new settings on the hub, then lets a session with them take over.
    private func replace(by next: InForce, _ changes: String) async -> Outcome {
        var next = next
        var configuration = next.given.configuration
        // An explicit start was obeyed when the run began.
        configuration.source.fromIsExplicit = false
        let client: EventHubsClient
        do throws(EventHubsError) {
            client = try connect(configuration)
        } catch {
            return await refuse(["\(error)"])
        }
        do throws(EventHubsError) {
            if case .hub = next.source { next.source = .hub(try await answer(of: client)) }
        } catch {
            await client.shutdown()
            return await refuse(["the hub does not answer with the new settings: \(error)"], mayPass: error.isRetriable)
        }
        do throws(HubwatchError) {
            _ = try Coverage(configuration, next.source.properties, next.rules)
        } catch {
            await client.shutdown()
            return await refuse(["\(error)"])
        }
        for warning in next.selection.warnings { logger.warning("\(warning)") }
        let (taken, done) = AsyncStream.makeStream(of: Void.self)
        ends.replace(
            by: SessionPlan(
                configuration: configuration, rules: next.rules, client: client, source: next.source,
                began: surroundings.clock.now(), takenOver: { done.finish() }))
        for await _ in taken {}
        guard !Task.isCancelled else {
            await client.shutdown()
            return .done
        }
        inForce = next
        self.taken(changes)
        return .done
    }

    /// What the hub says of itself to whoever comes with the new settings.
    private func answer(of client: EventHubsClient) async throws(EventHubsError) -> HubProperties {
        let pause = surroundings.platform.sleep
        let limit = Task {
            await pause(Self.answerLimit)
            if !Task.isCancelled { await client.shutdown() }
        }
        defer { limit.cancel() }
        let asking = Task { () -> Result<HubProperties, EventHubsError> in
            do throws(EventHubsError) { return .success(try await client.hubProperties()) } catch {
                return .failure(error)
            }
        }
        // Neither the limit nor the end of the run waits for an answer.
        let answer = await withTaskCancellationHandler {
            await asking.value
        } onCancel: {
            Task { await client.shutdown() }
        }
        do throws(EventHubsError) { return try answer.get() } catch {
            var error = error
            // Cut off at the limit: it may answer another time.
            if error.code == .cancelled { error.isRetriable = true }
            throw error
        }
    }

    private func taken(_ changes: String) {
        logger.notice("Reloaded. \(changes)")
        status.update { $0.reloads += 1 }
        reloading.note(.taken(inForce.given))
    }

    private func refuse(_ reasons: [String], mayPass: Bool = false) async -> Outcome {
        for reason in reasons { logger.error("\(reason)") }
        let then = mayPass ? "; trying again in \(Self.retryPause.components.seconds) s" : ""
        logger.error("Not reloaded, for \(reasons.count) reasons: everything stays as it was\(then).")
        status.update { $0.reloadsRefused += 1 }
        await session.count(.reloadRefused)
        reloading.note(.refused(reasons))
        return mayPass ? .mayPass : .done
    }
}

extension Configuration.Source {
    /// Namespace and hub, as the state file compares them.
    fileprivate var placeName: String { "\(names.namespace)/\(names.hub)".lowercased() }
}

extension Hubwatch.Description {
    /// What the hub said of itself; nil for a plain broker.
    var properties: HubProperties? { if case .hub(let properties) = self { properties } else { nil } }
}
