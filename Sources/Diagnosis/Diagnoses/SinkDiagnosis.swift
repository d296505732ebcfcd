import AMQPTypes
public import EventHubs

/// What came of looking at the findings file.
public enum FindingsFileObservation: Hashable, Sendable {
    /// The settings name none.
    case none
    /// It is there and can be appended to; whether somebody has it locked.
    case open(isHeld: Bool)
    /// It is not there yet; what came of writing into its folder.
    case absent(DiskObservation)
    /// It is no regular file.
    case notAFile
    /// It cannot be opened; the same outcomes as for a folder.
    case refused(DiskObservation.Outcome)
}

/// Findings that a sink has still to deliver.
public struct SinkDebt: Hashable, Sendable {
    /// The sink's name.
    public var sink: String
    /// How many.
    public var rows: Int64
    /// How large.
    public var bytes: Int64

    /// Makes a debt.
    public init(sink: String, rows: Int64, bytes: Int64) {
        self.sink = sink
        self.rows = rows
        self.bytes = bytes
    }
}

/// Findings that a sink has given up on.
public struct SinkSurrender: Hashable, Sendable {
    /// The sink's name.
    public var sink: String
    /// Dead letters that were not sent again.
    public var letters: Int64
    /// Findings that were only counted, because the table of dead letters was full.
    public var lost: Int64

    /// Makes a count.
    public init(sink: String, letters: Int64, lost: Int64) {
        self.sink = sink
        self.letters = letters
        self.lost = lost
    }
}

/// What came of looking at the receiver of a sink; nothing was sent to it.
public struct ReceiverObservation: Hashable, Sendable {
    /// How far the look came.
    public enum Outcome: Hashable, Sendable {
        /// Its settings or files cannot be used.
        case unusable(reason: String, remedy: String)
        /// Its name has no address.
        case unresolved(NameObservation)
        /// No address of it takes a connection.
        case unconnected([SocketObservation])
        /// The proxy on the way opens no tunnel to it.
        case untunneled(EventHubsError)
        /// It takes connections; what came of TLS.
        case connected(HandshakeObservation)
        /// An event hub: whether a sender could be attached, nil when it could.
        case attached(HandshakeObservation, refusal: EventHubsError?)
        /// A further file.
        case file(FindingsFileObservation, path: String, freeBytes: Int64?)
    }

    /// The sink's name.
    public var sink: String
    /// The word of its setting `type`.
    public var type: String
    /// Scheme, host and port, or a hub; never a secret part of an address.
    public var place: String
    /// The host that the certificate is for.
    public var host: String
    /// Its port.
    public var port: Int
    /// The host that is connected to: the receiver's own, or the proxy's.
    public var hop = ""
    /// Its port.
    public var hopPort = 0
    /// Whether ``hop`` is a proxy.
    public var isProxied = false
    /// How far the look came.
    public var outcome: Outcome

    /// Makes an observation.
    public init(sink: String, type: String, place: String, host: String = "", port: Int = 0, _ outcome: Outcome) {
        self.sink = sink
        self.type = type
        self.place = place
        self.host = host
        self.port = port
        self.outcome = outcome
    }
}

extension Diagnosis {
    /// Judges the findings file, or a further one, whose path another setting gives.
    public static func findings(
        _ observation: FindingsFileObservation, freeBytes: Int64?, setting: String = "findings.file"
    ) -> Sighting {
        let free = Figure("free", freeBytes.map { .bytes($0) } ?? .text("?"))
        var sighting =
            switch observation {
            case .none: Sighting(.sinkTerminal)
            case .open(let isHeld): Sighting(isHeld ? .sinkHeld : .sinkReady, [free])
            case .notAFile: Sighting(.sinkNotAFile)
            case .refused(let outcome): sink(outcome, "", free)
            case .absent(let disk): sink(disk.outcome, disk.folder, free)
            }
        sighting.figures.append(Figure("setting", .text(setting)))
        return sighting
    }

    /// Judges what sinks still owe.
    public static func debts(_ debts: [SinkDebt]) -> [Sighting] {
        debts.filter { $0.rows > 0 }.sorted { $0.sink < $1.sink }.map {
            Sighting(
                .sinkOwes,
                [
                    Figure("sink", .text($0.sink)), Figure("rows", .number($0.rows)), Figure("size", .bytes($0.bytes)),
                ])
        }
    }

    /// Judges what sinks have given up on.
    public static func surrenders(_ surrenders: [SinkSurrender]) -> [Sighting] {
        surrenders.sorted { $0.sink < $1.sink }.flatMap { surrender in
            let name = Figure("sink", .text(surrender.sink))
            var sightings: [Sighting] = []
            if surrender.letters > 0 {
                sightings.append(Sighting(.sinkGaveUp, [name, Figure("letters", .number(surrender.letters))]))
            }
            if surrender.lost > 0 {
                sightings.append(Sighting(.sinkLettersLost, [name, Figure("lost", .number(surrender.lost))]))
            }
            return sightings
        }
    }

    private static func sink(_ outcome: DiskObservation.Outcome, _ folder: String, _ free: Figure) -> Sighting {
        switch outcome {
        case .written: Sighting(.sinkReady, [free])
        case .full(_, let said): Sighting(.sinkFull, [Figure("said", .text(said))])
        case .readOnly(let said): Sighting(.sinkUnwritable, [Figure("said", .text(said))])
        case .missing: Sighting(.sinkFolderMissing, [Figure("folder", .text(folder))])
        case .failed(let said): Sighting(.sinkFailed, [Figure("said", .text(said))])
        }
    }

    // MARK: receivers

    /// Judges the receiver of a sink.
    public static func receiver(_ observation: ReceiverObservation, nowMs: Int64, limitMs: Int64) -> [Sighting] {
        let figures = [
            Figure("sink", .text(observation.sink)), Figure("type", .text(observation.type)),
            Figure("place", .text(observation.place)), Figure("receiverHop", .text(observation.hop)),
            Figure("receiverPort", .text(String(observation.hopPort))), Figure("limit", .span(limitMs)),
        ]
        switch observation.outcome {
        case .file(let file, let path, let free):
            var sighting = findings(file, freeBytes: free, setting: "sinks.\(observation.sink).path")
            sighting.figures.append(Figure("findings", .text(path)))
            return [sighting]
        case .unusable(let reason, let remedy):
            let advice = Figure("advice", .text(remedy.isEmpty ? "see docs/sinks.md" : remedy))
            return [Sighting(.receiverUnusable, figures + [Figure("said", .text(reason)), advice])]
        case .unresolved(let name):
            let symptom: Symptom = observation.isProxied ? .receiverProxyUnreachable : .receiverUnnamed
            return [Sighting(symptom, figures + [reason(name)])]
        case .unconnected(let attempts) where observation.isProxied:
            return attempts.prefix(1).map {
                Sighting(.receiverProxyUnreachable, figures + [reason($0, limitMs: limitMs)])
            }
        case .unconnected(let attempts): return attempts.prefix(1).map { unreached($0, figures) }
        case .untunneled(let error): return [Sighting(.receiverProxyRefused, figures + [said(error)])]
        case .connected(let handshake):
            return [shaken(handshake, observation, figures, nowMs, limitMs)]
        case .attached(let handshake, let refusal):
            let shaken = shaken(handshake, observation, figures, nowMs, limitMs)
            guard shaken.symptom.verdict != .failed else { return [shaken] }
            let warning = shaken.symptom.verdict == .warning ? [shaken] : []
            guard let refusal else { return [Sighting(.receiverSends, figures)] + warning }
            return [Sighting(hubRefusal(refusal), figures + [said(refusal)])] + warning
        }
    }

    private static func reason(_ name: NameObservation) -> Figure {
        switch name {
        case .unknown(let reason), .unanswered(let reason): Figure("reason", .text(reason))
        case .isAddress, .resolved: Figure("reason", .text("no address"))
        }
    }

    private static func reason(_ attempt: SocketObservation, limitMs: Int64) -> Figure {
        switch attempt.outcome {
        case .refused: Figure("reason", .text("nothing listens there"))
        case .silent: Figure("reason", .text("no answer within \(Figure.span(limitMs))"))
        case .unreachable(let reason): Figure("reason", .text(reason))
        case .connected: Figure("reason", .text("it took a connection"))
        }
    }

    private static func unreached(_ attempt: SocketObservation, _ figures: [Figure]) -> Sighting {
        let figures = figures + [Figure("address", .text(attempt.address))]
        switch attempt.outcome {
        case .refused: return Sighting(.receiverPortRefused, figures)
        case .silent: return Sighting(.receiverPortSilent, figures)
        case .unreachable(let reason):
            return Sighting(.receiverUnreachable, figures + [Figure("reason", .text(reason))])
        case .connected: return Sighting(.receiverOpen, figures)
        }
    }

    /// What the handshake says, in the words that the broker's has, with the remedies of a sink.
    private static func shaken(
        _ handshake: HandshakeObservation, _ receiver: ReceiverObservation, _ figures: [Figure], _ nowMs: Int64,
        _ limitMs: Int64
    ) -> Sighting {
        let inner = tls(handshake, host: receiver.host, nowMs: nowMs, limitMs: limitMs)
        let place = [Figure("host", .text(receiver.host)), Figure("port", .text(String(receiver.port)))]
        let words = inner.first?.completed(with: place).seen ?? ""
        let figures = figures + [Figure("why", .text(words))]
        let symptom: Symptom
        switch handshake {
        case .notUsed(let isThisMachine): symptom = isThisMachine ? .receiverOpen : .receiverReadable
        case .verified:
            symptom = inner.first?.symptom == .certificateEndsSoon ? .receiverCertificateEndsSoon : .receiverTrusted
        case .refused: symptom = .receiverUntrusted
        case .noCertificate: symptom = .receiverNotTLS
        case .silent: symptom = .receiverTLSSilent
        case .authoritiesUnusable, .identityUnusable:
            let advice = Figure("advice", .text("ca_file, certificate_file and key_file must be readable PEM files"))
            return Sighting(.receiverUnusable, figures + [Figure("said", .text(words)), advice])
        }
        return Sighting(symptom, figures)
    }

    private static func hubRefusal(_ error: EventHubsError) -> Symptom {
        let text = error.condition?.description ?? error.summary
        switch error.code {
        case .unauthorized, .tokenExpired:
            return text.contains("claim(s) are required") ? .receiverSendMissing : .receiverKeyRefused
        case .notFound: return .receiverHubUnknown
        default: return .receiverHubFailed
        }
    }
}
