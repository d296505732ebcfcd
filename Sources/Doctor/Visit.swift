import Detection
import Diagnosis
import DiagnosticLogs
import EventHubs
import EventHubsClient
import HubwatchConfiguration
import HubwatchRuntime
import NIOCore

/// One visit: what was opened and found out so far, made when a check first needs it.
///
/// Checks share what they find out; a check that was left out costs another one the question, nothing more.
actor Visit {
    let subject: Subject
    let options: ExaminationOptions
    let surroundings: DoctorSurroundings
    /// Who signs in; nil where no identity does.
    let signIn: SignInProbe?
    private var name: NameReading?
    private var isDirectWayOpen: Bool?
    private var session: HubSession?
    private var hub: Result<HubProperties, EventHubsError>?
    private var partitions: PartitionsReading?
    private var attached: AttachReading?
    private var state: StateReading?
    private var rules: RuleSelection?

    init(_ subject: Subject, _ options: ExaminationOptions, _ surroundings: DoctorSurroundings) {
        self.subject = subject
        self.options = options
        self.surroundings = surroundings
        signIn = subject.settings.flatMap { SignInProbe($0.source, within: options.limit, surroundings) }
    }

    /// Closes what was opened.
    func end() async { await session?.close() }

    /// What a check sees.
    func examine(_ check: Check) async -> [Sighting] {
        guard let settings = subject.settings else {
            return check == .configuration
                ? Diagnosis.configuration(subject.observation) : [Sighting(.settingsMissing)]
        }
        switch check {
        case .configuration: return Diagnosis.configuration(subject.observation)
        case .dns: return Diagnosis.dns(await nameReading(settings).observation)
        case .tcp: return await tcp(settings)
        case .tls: return await tls(settings)
        case .proxy: return await proxy(settings)
        case .sasl:
            let observation = await connection(settings)
            return Diagnosis.sasl(observation, limitMs: limitMs)
        case .signIn: return Diagnosis.signIn(await signIn?.look(), nowMs: nowMs)
        case .cbs: return Diagnosis.cbs(await connection(settings))
        case .hub:
            if isPlain(settings) { return [Sighting(.managementMissing)] }
            return Diagnosis.hub(await hubAnswer(settings), identity: identityName)
        case .partitions: return await partitions(settings)
        case .claims, .group, .epoch: return await receivers(check, settings)
        case .clock: return await clock(settings)
        case .state:
            return Diagnosis.state(await stateReading(settings).observation, nowMs: nowMs)
        case .disk:
            return Diagnosis.disk(
                await DiskProbe.write(besides: settings.state.path, bytes: DiskProbe.stateBytes),
                reserveBytes: Int64(settings.state.journalOwedMax))
        case .retention, .lag: return await positions(check, settings)
        case .rules:
            return Diagnosis.rules(RuleProbe.observation(of: ruleSelection(settings), settings.rules))
        case .fields: return await fields(settings)
        case .sinks: return await sinks(settings)
        }
    }

    private var nowMs: Int64 { surroundings.clock.now().milliseconds }
    private var limitMs: Int64 { options.limit.milliseconds }

    private func isPlain(_ settings: Configuration) -> Bool {
        if case .plain = settings.source.endpoint { true } else { false }
    }

    /// The settings as the client takes them, for one who only looks.
    private func client(_ settings: Configuration) throws(EventHubsError) -> EventHubsConfiguration {
        try settings.source.visitor(
            hostName: surroundings.hostName, within: options.limit, tokens: signIn?.tokens)
    }

    /// Who signs in, where an issuer gives the tokens and roles say what they are good for.
    private var identityName: String? { signIn.flatMap { $0.isIdentity ? $0.name : nil } }
}

// MARK: the way to the broker

extension Visit {
    private func nameReading(_ settings: Configuration) async -> NameReading {
        if let name { return name }
        let reading = await NameProbe.resolve(firstHop(settings).host, within: options.limit)
        name = reading
        return reading
    }

    private func tcp(_ settings: Configuration) async -> [Sighting] {
        let reading = await nameReading(settings)
        guard !reading.addresses.isEmpty else { return Diagnosis.dns(reading.observation) }
        let attempts = await SocketProbe.connect(
            to: reading.addresses, port: firstHop(settings).port, within: options.limit, on: surroundings.group)
        isDirectWayOpen = attempts.contains { if case .connected = $0.outcome { true } else { false } }
        return Diagnosis.tcp(attempts, limitMs: limitMs)
    }

    private func firstHop(_ settings: Configuration) -> (host: String, port: Int) {
        (try? client(settings))?.firstHop ?? ("", 0)
    }

    private func proxy(_ settings: Configuration) async -> [Sighting] {
        let transport = settings.source.transport
        guard let proxy = transport.proxy else {
            return Diagnosis.proxy(ProxyProbe.look(surroundings.environment, isDirectWayOpen), limitMs: limitMs)
        }
        var outcome = ProxyObservation.Outcome.unreached
        if isDirectWayOpen != false {
            do throws(EventHubsError) {
                let probe = try HandshakeProbe(try client(settings))
                let refusal = await probe.tunnel(on: surroundings.group.next())
                outcome = refusal.map { .refused($0) } ?? .tunnel
            } catch {
                return Diagnosis.tls(
                    Self.unusable(error, authorities: settings.source.certificateAuthorityFile), host: "", nowMs: nowMs,
                    limitMs: limitMs)
            }
        }
        let observation = ProxyObservation(
            variable: transport.proxyPlace ?? "source.proxy", proxy: proxy.description, outcome)
        return Diagnosis.proxy(observation, limitMs: limitMs)
    }

    /// Which file of TLS cannot be used: that of the authorities, or one of our own certificate.
    private static func unusable(_ error: EventHubsError, authorities: String?) -> HandshakeObservation {
        guard let authorities, error.summary.hasPrefix("The TLS settings") else {
            return .identityUnusable(reason: error.summary)
        }
        return .authoritiesUnusable(path: authorities, exists: DiskProbe.exists(authorities))
    }

    private func tls(_ settings: Configuration) async -> [Sighting] {
        let host = (try? client(settings))?.host ?? ""
        let observation: HandshakeObservation
        do throws(EventHubsError) {
            let client = try client(settings)
            if case .plain = client.security {
                let addresses = await nameReading(settings).addresses
                // The addresses are those of the first hop: behind a proxy here, the broker is elsewhere.
                observation = .notUsed(
                    isThisMachine: client.proxy == nil && !addresses.isEmpty
                        && addresses.allSatisfy(NameProbe.isLoopback))
            } else {
                observation = try await CertificateProbe.look(client, on: surroundings.group.next())
            }
        } catch {
            observation = Self.unusable(error, authorities: settings.source.certificateAuthorityFile)
        }
        return Diagnosis.tls(observation, host: host, nowMs: nowMs, limitMs: limitMs)
    }

    /// The open connection, or how far it came.
    private func connection(_ settings: Configuration) async -> ConnectionObservation {
        var observation = await opened(settings).observation
        if let signIn {
            observation.credential?.policy = signIn.name
            observation.credential?.isIdentity = signIn.isIdentity
            // A finished signature is not renewed by its issuer: that it ends is the settings' matter.
            observation.credential?.lifeMs = signIn.isIdentity ? signIn.lifeMs : nil
        }
        return observation
    }

    private func opened(_ settings: Configuration) async -> HubSession {
        if let session { return session }
        // First, because signing in may take longer than a broker may: several ways, and a CLI that starts slowly.
        await signIn?.signIn()
        let made: HubSession
        do throws(EventHubsError) {
            made = try HubSession(try client(settings), settings.source, surroundings)
            await made.open()
        } catch {
            made = HubSession(failed: error)
        }
        session = made
        return made
    }
}

// MARK: the hub

extension Visit {
    private func hubAnswer(_ settings: Configuration) async -> Result<HubProperties, EventHubsError> {
        if let hub { return hub }
        let session = await opened(settings)
        let answer = await session.hubProperties()
        hub = answer
        return answer
    }

    private func partitionsReading(_ settings: Configuration) async -> PartitionsReading {
        if let partitions { return partitions }
        let reading: PartitionsReading
        switch await hubAnswer(settings) {
        case .failure(let error): reading = .refused(error, partition: "?")
        case .success(let hub):
            reading = await opened(settings).partitions(settings.source.selection, of: hub)
        }
        partitions = reading
        return reading
    }

    private func partitions(_ settings: Configuration) async -> [Sighting] {
        if isPlain(settings) { return [Sighting(.partitionsFixed)] }
        switch await partitionsReading(settings) {
        case .refused(let error, let partition): return Diagnosis.partitions(error, partition: partition)
        case .read(let hub, let selected):
            let selection = settings.source.selection
            var deprived: [String] = []
            if selection.isPartial(of: hub.partitionIDs), !settings.rules.allowPartial {
                deprived = ruleSelection(settings).compiled?.rulesNeedingAllPartitions.map(\.metadata.title) ?? []
            }
            return Diagnosis.partitions(
                PartitionsObservation(
                    count: hub.partitionIDs.count, selected: selected,
                    hasMissing: !selection.missing(from: hub.partitionIDs).isEmpty, deprivedRules: deprived),
                nowMs: nowMs)
        }
    }

    private func clock(_ settings: Configuration) async -> [Sighting] {
        if isPlain(settings) { return [Sighting(.clockNotNeeded)] }
        let session = await opened(settings)
        let clock = surroundings.clock
        let heard = await session.askTheTime { clock.now().milliseconds }
        return Diagnosis.clock(
            heard.observation, instead: heard.error, allowedMs: settings.source.clockSkew.milliseconds)
    }

    /// Attaches once for all checks that look at receivers, and for the look at events.
    private func attachReading(_ settings: Configuration) async -> AttachReading {
        if let attached { return attached }
        let reading = await attach(settings, through: settings.source.consumerGroup)
        attached = reading
        return reading
    }

    private func attach(_ settings: Configuration, through group: String) async -> AttachReading {
        guard case .read(_, let selected) = await partitionsReading(settings) else { return AttachReading() }
        let events = options.peeks && !options.skip.contains(.fields) ? options.peekEventsMax : 0
        do throws(EventHubsError) {
            var client = try client(settings)
            client.consumerGroup = group
            return await AttachProbe.look(
                client, selection: settings.source.selection, partitions: selected, eventsMax: events,
                within: options.limit, surroundings)
        } catch {
            return AttachReading(outcomes: selected.map { ($0.id, error) })
        }
    }

    private func receivers(_ check: Check, _ settings: Configuration) async -> [Sighting] {
        if isPlain(settings) {
            let symptom: Symptom =
                check == .claims ? .listenNotNeeded : check == .group ? .groupNotNeeded : .ownerNotNeeded
            return [Sighting(symptom)]
        }
        let observation = AttachObservation(outcomes: await attachReading(settings).outcomes)
        switch check {
        case .claims: return Diagnosis.claims(observation, identity: identityName)
        case .group: return Diagnosis.group(observation)
        default:
            let holder = await stateReading(settings).observation.holder
            return Diagnosis.epoch(
                observation, we: ReaderIdentity(ownerLevel: settings.source.ownerLevel, runningProcess: holder))
        }
    }
}

// MARK: state, rules and sinks

extension Visit {
    private func stateReading(_ settings: Configuration) async -> StateReading {
        if let state { return state }
        let reading = await StateProbe.read(
            settings.state.path, source: subject.hasSource ? settings.source.stateName : nil)
        state = reading
        return reading
    }

    private func positions(_ check: Check, _ settings: Configuration) async -> [Sighting] {
        if isPlain(settings) { return [Sighting(check == .lag ? .lagNotNeeded : .positionsNotNeeded)] }
        guard case .read(let hub, let selected) = await partitionsReading(settings) else { return [] }
        let state = await stateReading(settings)
        let forecasts = PositionProbe.forecasts(
            state.positions, hub: hub, selected, policies: settings.source.gapPolicies)
        if check == .retention { return Diagnosis.retention(forecasts, createdMs: hub.createdAt) }
        let known = Set(forecasts.map(\.partition))
        let unread = selected.filter { !known.contains(Int($0.id) ?? -1) }.reduce(Int64(0)) { $0 + $1.keptEvents }
        return Diagnosis.lag(
            LagObservation(
                forecasts: forecasts, unread: unread, process: state.observation.holder, committedMs: state.committedMs),
            nowMs: nowMs)
    }

    private func sinks(_ settings: Configuration) async -> [Sighting] {
        let state = await stateReading(settings)
        let isHeld = state.observation.holder != nil
        let found = await FindingsProbe.look(at: settings.findings.file, isHeld: isHeld)
        let receivers = await ReceiverProbe(within: options.limit, isHeld: isHeld, surroundings)
            .look(at: settings.sinks)
        return [Diagnosis.findings(found.observation, freeBytes: found.freeBytes)]
            + receivers.flatMap { Diagnosis.receiver($0, nowMs: nowMs, limitMs: limitMs) }
            + Diagnosis.debts(state.debts) + Diagnosis.surrenders(state.surrenders)
    }

    private func ruleSelection(_ settings: Configuration) -> RuleSelection {
        if let rules { return rules }
        let made = RuleSelection(loading: settings.rules)
        rules = made
        return made
    }

    private func fields(_ settings: Configuration) async -> [Sighting] {
        if isPlain(settings) { return [Sighting(.eventsNotNeeded)] }
        guard options.peeks else { return Diagnosis.fields(.notAsked, limitMs: limitMs) }
        guard case .read(_, let selected) = await partitionsReading(settings) else { return [] }
        let kept = selected.reduce(Int64(0)) { $0 + $1.keptEvents }
        guard kept > 0 else { return Diagnosis.fields(.none, limitMs: limitMs) }
        var reading = await attachReading(settings)
        if let group = options.peekGroup, group != settings.source.consumerGroup {
            reading = await attach(settings, through: group)
        }
        guard !reading.events.isEmpty else {
            let isOpen = reading.outcomes.contains { $0.error == nil }
            return Diagnosis.fields(isOpen ? .notGiven(kept: kept) : .owned, limitMs: limitMs)
        }
        let survey = EventSurvey(
            rules: ruleSelection(settings).rules, bodyBytesMax: settings.limits.messageBytes)
        return Diagnosis.fields(.seen(survey.look(at: reading.events)), limitMs: limitMs)
    }
}

extension Duration {
    /// Whole milliseconds, held at the largest number.
    var milliseconds: Int64 {
        let (whole, overflow) = components.seconds.multipliedReportingOverflow(by: 1000)
        return overflow ? .max : whole &+ components.attoseconds / 1_000_000_000_000_000
    }
}
