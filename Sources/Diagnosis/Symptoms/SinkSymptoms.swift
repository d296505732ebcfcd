extension Symptom {
    static let deliveries: [Symptom] = [
        sinkReady, sinkTerminal, sinkHeld, sinkFolderMissing, sinkUnwritable, sinkNotAFile, sinkFull, sinkFailed,
        sinkOwes, sinkGaveUp, sinkLettersLost,
    ]

    /// The file takes findings.
    public static let sinkReady = Symptom("sink-ready", .sinks, "{findings} can be appended to; {free} free")
    /// There is only the terminal.
    public static let sinkTerminal = Symptom(
        "sink-terminal", .sinks, .warning, "no findings file: findings are shown on the terminal only",
        do: "Set findings.file: a terminal forgets")
    /// A running hubwatch has it.
    public static let sinkHeld = Symptom("sink-held", .sinks, "{findings} is being written by a running hubwatch")
    /// No folder.
    public static let sinkFolderMissing = Symptom(
        "sink-folder-missing", .sinks, exit: .inputNotFound, "{findings} cannot be made: there is no folder {folder}",
        do: "Create the folder, or correct {setting}; findings wait in the state file meanwhile")
    /// No right to write.
    public static let sinkUnwritable = Symptom(
        "sink-unwritable", .sinks, exit: .notAllowed, "{findings} cannot be written ({said})",
        do:
            "Make file and folder writable for the user that runs hubwatch, or correct {setting}; findings wait in the state file meanwhile"
    )
    /// Not a file.
    public static let sinkNotAFile = Symptom(
        "sink-not-a-file", .sinks, exit: .badConfiguration, "{findings} is a folder, a pipe or a device",
        do: "Give the path of a regular file as {setting}")
    /// No room.
    public static let sinkFull = Symptom(
        "sink-full", .sinks, exit: .ioFailure, "the disk of {findings}, or the quota, is full ({said})",
        do: "Free space; findings wait in the state file and are written by themselves")
    /// Fails otherwise.
    public static let sinkFailed = Symptom(
        "sink-failed", .sinks, exit: .ioFailure, "{findings} cannot be opened ({said})", do: "Check the disk")
    /// A sink is behind.
    public static let sinkOwes = Symptom(
        "sink-owes", .sinks, .warning, "sink {sink} has {rows} findings ({size}) of the journal still to deliver",
        do: "They are delivered while hubwatch runs; if it runs, look at its log for why this sink waits")
    /// A sink has given up on findings.
    public static let sinkGaveUp = Symptom(
        "sink-gave-up", .sinks, .warning, "sink {sink} gave up on {letters} findings; they are kept as dead letters",
        do:
            "`hubwatch sinks deadletters --sink {sink}` says why; when its receiver works again, stop hubwatch and send them with `hubwatch sinks resend --sink {sink}`"
    )
    /// A sink has given up on more than could be kept.
    public static let sinkLettersLost = Symptom(
        "sink-letters-lost", .sinks, .warning,
        "{lost} more findings of sink {sink} were not kept: the table of dead letters was full",
        do: "They are in {findings} and in the journal while it keeps them; send again what is kept to make room")

    static let findingReceivers: [Symptom] = [
        receiverTrusted, receiverSends, receiverOpen, receiverReadable, receiverCertificateEndsSoon, receiverUnusable,
        receiverUnnamed, receiverPortRefused, receiverPortSilent, receiverUnreachable,
        receiverProxyUnreachable, receiverProxyRefused, receiverNotTLS, receiverTLSSilent, receiverUntrusted,
        receiverKeyRefused,
        receiverSendMissing,
        receiverHubUnknown, receiverHubFailed,
    ]

    /// The receiver answers with a certificate that is trusted.
    public static let receiverTrusted = Symptom(
        "receiver-trusted", .sinks,
        "{sink} ({type}): {place} answers, {why}; nothing was sent: `hubwatch sinks test {sink}` does")
    /// The hub takes a sender.
    public static let receiverSends = Symptom(
        "receiver-sends", .sinks,
        "{sink} ({type}): {place} took a sender, which needs Send; nothing was sent: `hubwatch sinks test {sink}` does")
    /// The receiver answers on this machine.
    public static let receiverOpen = Symptom(
        "receiver-open", .sinks,
        "{sink} ({type}): {place} takes connections; nothing was sent: `hubwatch sinks test {sink}` does")
    /// The receiver answers over a network, without TLS.
    public static let receiverReadable = Symptom(
        "receiver-readable", .sinks, .warning,
        "{sink} ({type}): {place} takes connections without TLS: findings cross the network readable",
        do: "Give the receiver's port for TLS (syslog: 6514) and take tls: false out of sinks.{sink}")
    /// The certificate is trusted, and not for long.
    public static let receiverCertificateEndsSoon = Symptom(
        "receiver-certificate-ends-soon", .sinks, .warning, "{sink} ({type}): {place} answers, but {why}",
        do: "Have the receiver's certificate renewed: when it has ended, findings wait")
    /// The settings or files cannot be used.
    public static let receiverUnusable = Symptom(
        "receiver-unusable", .sinks, exit: .badConfiguration, "{sink} ({type}): {said}",
        do: "Correct sinks.{sink}: {advice}")
    /// No address.
    public static let receiverUnnamed = Symptom(
        "receiver-unnamed", .sinks, exit: .unavailable,
        "{sink} ({type}): no address was found for {receiverHop} ({reason})",
        do: "Correct the address of sinks.{sink}, or this machine's DNS; findings wait in the state file meanwhile")
    /// Nothing listens.
    public static let receiverPortRefused = Symptom(
        "receiver-port-refused", .sinks, exit: .unavailable,
        "{sink} ({type}): {address} refused the connection: nothing listens on port {receiverPort}",
        do:
            "Start the receiver, or correct the address of sinks.{sink}; findings wait in the state file meanwhile. Then `hubwatch sinks test {sink}`"
    )
    /// Nobody answers.
    public static let receiverPortSilent = Symptom(
        "receiver-port-silent", .sinks, exit: .unavailable,
        "{sink} ({type}): no answer from {address}, port {receiverPort}, within {limit}",
        do:
            "Let outgoing TCP to port {receiverPort} through every firewall on the way; findings wait in the state file meanwhile. Then `hubwatch sinks test {sink}`"
    )
    /// There is no way.
    public static let receiverUnreachable = Symptom(
        "receiver-unreachable", .sinks, exit: .unavailable,
        "{sink} ({type}): {address}, port {receiverPort}, cannot be reached: {reason}",
        do: "Check this machine's routes and addresses; findings wait in the state file meanwhile")
    /// The proxy itself cannot be reached.
    public static let receiverProxyUnreachable = Symptom(
        "receiver-proxy-unreachable", .sinks, exit: .unavailable,
        "{sink} ({type}): the proxy {receiverHop}, port {receiverPort}, cannot be reached: {reason}",
        do:
            "Start the proxy, or let this machine reach it; sinks.{sink}.proxy names another proxy, or none. Findings wait in the state file meanwhile"
    )
    /// The proxy lets nothing through.
    public static let receiverProxyRefused = Symptom(
        "receiver-proxy-refused", .sinks, exit: .unavailable,
        "{sink} ({type}): the proxy {receiverHop}, port {receiverPort}, opened no tunnel to {place}: {said}",
        do:
            "Let the proxy's administrator allow CONNECT to it, and check user and password; sinks.{sink}.proxy names another proxy, or none"
    )
    /// The other side does not shake hands.
    public static let receiverNotTLS = Symptom(
        "receiver-not-tls", .sinks, exit: .unavailable, "{sink} ({type}): {why}",
        do: "Give the receiver's port for TLS in sinks.{sink}, or switch TLS on there; nothing is sent without")
    /// The other side says nothing.
    public static let receiverTLSSilent = Symptom(
        "receiver-tls-silent", .sinks, exit: .unavailable, "{sink} ({type}): {why}",
        do: "Look at the receiver's state, and at what is between: something takes connections and passes nothing on")
    /// The certificate is not trusted.
    public static let receiverUntrusted = Symptom(
        "receiver-untrusted", .sinks, exit: .unavailable, "{sink} ({type}): {place} is not trusted: {why}",
        do:
            "Mend the receiver's certificate, or give its authority as sinks.{sink}.ca_file; nothing is sent to it meanwhile. Then `hubwatch sinks test {sink}`"
    )
    /// The hub does not take the key.
    public static let receiverKeyRefused = Symptom(
        "receiver-key-refused", .sinks, exit: .notAllowed, "{sink} ({type}): {place} refused the key ({said})",
        do:
            "Copy the connection string of sinks.{sink} anew from the policy's page; keys change when somebody regenerates them"
    )
    /// The policy may not send.
    public static let receiverSendMissing = Symptom(
        "receiver-send-missing", .sinks, exit: .notAllowed,
        "{sink} ({type}): the policy has no Send claim on {place} ({said})",
        do: "Give the policy the Send claim, or sinks.{sink} the connection string of one that has it")
    /// There is no such hub.
    public static let receiverHubUnknown = Symptom(
        "receiver-hub-unknown", .sinks, exit: .unavailable, "{sink} ({type}): there is no hub {place} ({said})",
        do: "Check EntityPath or sinks.{sink}.hub against the namespace's list of hubs")
    /// The hub fails otherwise.
    public static let receiverHubFailed = Symptom(
        "receiver-hub-failed", .sinks, exit: .unavailable,
        "{sink} ({type}): no sender could be attached to {place} ({said})",
        do: "Try again; if it stays so, check the namespace's health in the portal. Findings wait in the state file")
}
