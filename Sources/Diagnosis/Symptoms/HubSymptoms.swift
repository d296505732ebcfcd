extension Symptom {
    static let connection: [Symptom] = [
        loginAccepted, loginRefused, amqpSilent, amqpBroken, webSocketRefused, tokenAccepted, tokenNotUsed,
        tokenUnjudged, keyWrong,
        policyUnknown, tokenExpired, tokenStale, tokenForOtherResource, tokenRefused, tokenSilent,
        identityTokenForOther, identityTokenUntrusted, identityTokenStale, identityRoleless, identityTokenRefused,
        identityTokenMissing,
    ]

    /// The connection is open.
    public static let loginAccepted = Symptom(
        "login-accepted", .sasl, "{mechanism} accepted; peer {container}, frames up to {frame}")
    /// The login is refused.
    public static let loginRefused = Symptom(
        "login-refused", .sasl, exit: .notAllowed, "the peer refused the login by {mechanism}: {said}",
        do: "Check user and password in source.amqp.url; for an Event Hub, check that the host is a namespace")
    /// Nothing is answered.
    public static let amqpSilent = Symptom(
        "amqp-silent", .sasl, exit: .unavailable, "connected, but no AMQP answer within {limit}",
        do: "Port {port} of {host} takes connections and says nothing: check that it is an AMQP 1.0 endpoint")
    /// Something else is answered, or the peer hangs up.
    public static let amqpBroken = Symptom(
        "amqp-broken", .sasl, exit: .unavailable, "the peer ended the connection: {said}",
        do: "Check that port {port} of {host} speaks AMQP 1.0, and that TLS is set as the broker has it")

    /// No WebSocket.
    public static let webSocketRefused = Symptom(
        "websocket-refused", .sasl, exit: .unavailable, "no WebSocket was made: {said}",
        do: "Check that {host} is an Event Hubs namespace, and that nothing on the way answers in its place")

    /// The token is good.
    public static let tokenAccepted = Symptom(
        "token-accepted", .cbs, "token of {policy} accepted for {audience}; lives {life}, renewed before")
    /// There is no credential.
    public static let tokenNotUsed = Symptom(
        "token-not-used", .cbs, .notNeeded, "no tokens are used with this source")
    /// The hub was missed first.
    public static let tokenUnjudged = Symptom(
        "token-unjudged", .cbs, .unknown, "the broker missed the hub before it judged the token")
    /// The key is wrong.
    public static let keyWrong = Symptom(
        "key-wrong", .cbs, exit: .notAllowed, "the key of policy {policy} is wrong ({said})",
        do: "Copy the connection string anew from the policy's page; keys change when somebody regenerates them")
    /// The policy does not exist.
    public static let policyUnknown = Symptom(
        "policy-unknown", .cbs, exit: .notAllowed, "the broker does not know policy {policy} ({said})",
        do: "Check SharedAccessKeyName: a policy belongs to the namespace or to one hub")
    /// A finished token has ended.
    public static let tokenExpired = Symptom(
        "token-expired", .cbs, exit: .notAllowed, "the shared access signature has expired ({said})",
        do: "Give a new SharedAccessSignature, or a key, of which tokens are made as needed")
    /// A token that was just made has ended.
    public static let tokenStale = Symptom(
        "token-stale", .cbs, exit: .notAllowed, "a token made just now is expired for the broker ({said})",
        do: "This machine's clock is behind: set it by NTP. Tokens live {life} by our clock")
    /// The token is for something else.
    public static let tokenForOtherResource = Symptom(
        "token-for-other-resource", .cbs, exit: .notAllowed, "the token is not for {audience} ({said})",
        do: "Give a token whose sr is the namespace or the hub")
    /// The token is refused otherwise.
    public static let tokenRefused = Symptom(
        "token-refused", .cbs, exit: .notAllowed, "the token for {audience} was refused ({said})",
        do: "Check SharedAccessKeyName and SharedAccessKey, and the namespace's network rules and local authentication")
    /// No answer.
    public static let tokenSilent = Symptom(
        "token-silent", .cbs, exit: .unavailable, "no answer about the token ({said})",
        do: "Try again; if it stays so, check the namespace's health in the portal")

    /// The issuer's token is for something else.
    public static let identityTokenForOther = Symptom(
        "identity-token-for-other", .cbs, exit: .badConfiguration,
        "the namespace takes no tokens for {scope}, which {policy} got one for ({said})",
        do: "Take source.entra.scope out: https://eventhubs.azure.net/.default is right in every cloud")
    /// The namespace does not trust the issuer.
    public static let identityTokenUntrusted = Symptom(
        "identity-token-untrusted", .cbs, exit: .notAllowed,
        "the namespace does not trust whoever issued the token of {policy} ({said})",
        do:
            "Sign in to the tenant of the namespace's subscription: check source.entra.tenant (AZURE_TENANT_ID) and source.entra.authority"
    )
    /// The issuer's token is out of its time by the broker's clock.
    public static let identityTokenStale = Symptom(
        "identity-token-stale", .cbs, exit: .notAllowed,
        "the token of {policy}, good for {life} by our clock, is out of its time for the broker ({said})",
        do: "Set this machine's clock by NTP")
    /// Already the token is refused for want of a role.
    public static let identityRoleless = Symptom(
        "identity-roleless", .cbs, exit: .notAllowed,
        "the token of {policy} is right, but carries no rights on {audience} ({said})",
        do:
            "Assign it the role Azure Event Hubs Data Receiver on this hub or its namespace; it counts after up to 5 minutes"
    )
    /// The issuer's token is refused otherwise.
    public static let identityTokenRefused = Symptom(
        "identity-token-refused", .cbs, exit: .notAllowed,
        "the namespace refused the token of {policy} for {audience} ({said})",
        do:
            "Check that the identity is of the namespace's tenant and has the role Azure Event Hubs Data Receiver on the hub, and the namespace's network rules. No key is at fault: none is used"
    )
    /// There is no token to put.
    public static let identityTokenMissing = Symptom(
        "identity-token-missing", .cbs, exit: .notAllowed, "there is no token to put: {said}",
        do: "Run the check sign-in, which was left out: it says why")

    static let entities: [Symptom] = [
        hubFound, hubUnknown, hubDisabled, hubBusy, hubForbidden, hubRoleMissing, hubSilent, managementMissing,
        partitionsRead,
        partitionsMissing, partitionsShared, partitionsFixed, hubEmpty, hubQuiet, partitionsBusy, partitionsRefused,
    ]

    /// The hub describes itself.
    public static let hubFound = Symptom("hub-found", .hub, "{hub}: {partitions} partitions, made {created}")
    /// There is no such hub.
    public static let hubUnknown = Symptom(
        "hub-unknown", .hub, exit: .unavailable, "there is no hub {hub} at {host} ({said})",
        do: "Check EntityPath or source.hub against the namespace's list of hubs")
    /// The hub is switched off.
    public static let hubDisabled = Symptom(
        "hub-disabled", .hub, exit: .unavailable, "hub {hub} is disabled ({said})", do: "Enable it in the portal")
    /// The service wants to be left alone.
    public static let hubBusy = Symptom(
        "hub-busy", .hub, exit: .unavailable, "the service is busy and throttles ({said})",
        do: "Wait a few seconds and try again; add throughput units if it goes on")
    /// The claim for properties is missing.
    public static let hubForbidden = Symptom(
        "hub-forbidden", .hub, exit: .notAllowed, "the token may not read the properties of {hub} ({said})",
        do: "Give the policy the Listen claim, or the identity the role Azure Event Hubs Data Receiver, on this hub")
    /// The identity has no role that lets it read the properties.
    public static let hubRoleMissing = Symptom(
        "hub-role-missing", .hub, exit: .notAllowed,
        "the token is right, but {identity} has no role that lets it read {hub} ({said})",
        do: roleRemedy)
    /// No answer.
    public static let hubSilent = Symptom(
        "hub-silent", .hub, exit: .unavailable, "no usable answer about hub {hub} ({said})",
        do: "Try again; if it stays so, check the namespace's health in the portal")
    /// A plain broker.
    public static let managementMissing = Symptom(
        "management-missing", .hub, .notNeeded, "a plain AMQP broker does not describe itself")

    /// The partitions describe themselves.
    public static let partitionsRead = Symptom(
        "partitions-read", .partitions, "{selected} of {partitions} read here; {kept} events kept, newest {newest}")
    /// Selected partitions do not exist.
    public static let partitionsMissing = Symptom(
        "partitions-missing", .partitions, exit: .badConfiguration,
        "the selection {selection} fits no partition, or some that do not exist: the hub has {partitions}",
        do: "Correct source.partitions or source.instance")
    /// Rules need what others read.
    public static let partitionsShared = Symptom(
        "partitions-shared", .partitions, exit: .badConfiguration,
        "{selected} of {partitions} partitions are read here, but rules count over all of them: {titles}",
        do: "Read all partitions with one instance, mark the rules `scope: partition`, or give --allow-partial")
    /// A plain broker.
    public static let partitionsFixed = Symptom(
        "partitions-fixed", .partitions, .notNeeded, "a plain AMQP broker: the settings name the partitions")
    /// Nothing was ever sent.
    public static let hubEmpty = Symptom(
        "hub-empty", .partitions, .warning, "no event was ever sent to the {selected} partitions read here",
        do: "Check the diagnostic settings that should stream to hub {hub}: their destination, categories and errors")
    /// Nothing was sent for long.
    public static let hubQuiet = Symptom(
        "hub-quiet", .partitions, .warning, "the newest event is {age} old ({newest})",
        do: "Check the diagnostic settings that should stream to hub {hub}: somebody may have removed them")
    /// The service wants to be left alone.
    public static let partitionsBusy = Symptom(
        "partitions-busy", .partitions, exit: .unavailable,
        "the service is busy and throttles, at partition {partition} ({said})",
        do: "Wait a few seconds and try again; add throughput units if it goes on")
    /// A partition does not answer.
    public static let partitionsRefused = Symptom(
        "partitions-refused", .partitions, exit: .unavailable,
        "no usable answer about partition {partition} ({said})",
        do: "Try again; if it stays so, check the namespace's health in the portal")

    static let receivers: [Symptom] = [
        listenGranted, listenMissing, roleMissing, listenUnjudged, listenNotNeeded, attachFailed, groupFound,
        groupUnknown,
        groupNotNeeded, ownerNone, ownerOurs, ownerStronger, ownerContested, receiversFull, receiversCrowded,
        ownerNotNeeded,
    ]

    /// Listen is there.
    public static let listenGranted = Symptom("listen-granted", .claims, "Listen is granted on {hub}, group {group}")
    /// Listen is missing.
    public static let listenMissing = Symptom(
        "listen-missing", .claims, exit: .notAllowed, "the token has no Listen claim on {hub} ({said})",
        do: "Give policy {policy} the Listen claim, or the identity the role Azure Event Hubs Data Receiver")
    /// The identity has no role with Listen.
    public static let roleMissing = Symptom(
        "role-missing", .claims, exit: .notAllowed,
        "the token is right, but {identity} may not read events of {hub} ({said})", do: roleRemedy)
    /// The right token of an identity without the role; keys have no part in it.
    private static let roleRemedy =
        "Assign it the role Azure Event Hubs Data Receiver on this hub or its namespace (az role assignment create --role \"Azure Event Hubs Data Receiver\" --assignee ID --scope HUB); it counts after up to 5 minutes. Owner and Contributor do not read events"
    /// The group was missed first.
    public static let listenUnjudged = Symptom(
        "listen-unjudged", .claims, .unknown, "the broker answered with something else first ({said})")
    /// A plain broker.
    public static let listenNotNeeded = Symptom(
        "listen-not-needed", .claims, .notNeeded,
        "not attached to a plain AMQP broker: its queue would hand out messages")
    /// No link, for some other reason.
    public static let attachFailed = Symptom(
        "attach-failed", .group, exit: .unavailable, "no receiver could be attached to partition {partition} ({said})",
        do: "Try again; if it stays so, check the namespace's health in the portal")
    /// The group is there.
    public static let groupFound = Symptom("group-found", .group, "{group} exists on {hub}")
    /// There is no such group.
    public static let groupUnknown = Symptom(
        "group-unknown", .group, exit: .unavailable, "hub {hub} has no consumer group {group} ({said})",
        do: "Make the group on the hub's page, or correct source.consumer_group")
    /// A plain broker.
    public static let groupNotNeeded = Symptom(
        "group-not-needed", .group, .notNeeded, "a plain AMQP broker has no consumer groups")

    /// Nobody reads with an owner level.
    public static let ownerNone = Symptom(
        "owner-none", .epoch, "nobody reads the {count} partitions of group {group} with an owner level")
    /// A hubwatch that has our state file reads.
    public static let ownerOurs = Symptom(
        "owner-ours", .epoch,
        "{count} partitions are read with owner level {level}, as process {process} does, which has the state file")
    /// Another reader keeps us out.
    public static let ownerStronger = Symptom(
        "owner-stronger", .epoch, exit: .unavailable,
        "partitions {list} are read by somebody with owner level {level}; ours is {own}: we would be refused",
        do: "Stop the other reader, give hubwatch a consumer group of its own, or set source.owner_level above {level}")
    /// We would throw another reader out.
    public static let ownerContested = Symptom(
        "owner-contested", .epoch, .warning,
        "partitions {list} are read by somebody with owner level {level}; with ours, {own}, hubwatch takes them away",
        do: "If that is another program or instance, give hubwatch a consumer group of its own")
    /// The five places are taken.
    public static let receiversFull = Symptom(
        "receivers-full", .epoch, exit: .unavailable,
        "partitions {list} have five receivers already, the quota of group {group} ({said})",
        do: "Stop a reader, give hubwatch a consumer group of its own, or set source.owner_level")
    /// The five places are taken, and we would throw them all out.
    public static let receiversCrowded = Symptom(
        "receivers-crowded", .epoch, .warning,
        "partitions {list} have five receivers, the quota; with owner level {own} hubwatch cuts them all off ({said})",
        do: "Give hubwatch a consumer group of its own")
    /// A plain broker.
    public static let ownerNotNeeded = Symptom(
        "owner-not-needed", .epoch, .notNeeded, "a plain AMQP broker has no owner levels")

    static let clocks: [Symptom] = [clockAgrees, clockOff, clockFar, clockUnknown, clockNotNeeded]

    /// The clocks agree.
    public static let clockAgrees = Symptom(
        "clock-agrees", .clock, "ours is {skew} {direction} the broker's, give or take {precision}")
    /// They disagree more than the windows allow for.
    public static let clockOff = Symptom(
        "clock-off", .clock, .warning,
        "ours is {skew} {direction} the broker's; source.clock_skew allows for {allowed}",
        do: "Set this machine's clock by NTP, or raise source.clock_skew: windows may close before their last events")
    /// They disagree so much that tokens are in danger.
    public static let clockFar = Symptom(
        "clock-far", .clock, exit: .unavailable, "ours is {skew} {direction} the broker's",
        do: "Set this machine's clock by NTP: tokens, certificates and windows depend on it")
    /// The broker did not tell its time.
    public static let clockUnknown = Symptom(
        "clock-unknown", .clock, .unknown, "the broker did not tell its time ({said})")
    /// A plain broker.
    public static let clockNotNeeded = Symptom(
        "clock-not-needed", .clock, .notNeeded, "a plain AMQP broker does not tell its time")
}
