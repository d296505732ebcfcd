/// Which kinds of records a sample holds, as relative weights of records.
///
/// **Shape** As text: `activity=40,openai=50,signin=10`. Names: `activity`, `openai` (6 % Audit, 84 % RequestResponse,
/// 10 % Trace) or its parts `audit`, `requestresponse`, `trace`; `signin`; `noise` (other services and metrics). A
/// weight is a whole number from 0 to 1,000,000; a name may be written once; what is not named has weight 0.
public struct LogMix: Hashable, Sendable, CustomStringConvertible {
    /// Weight of activity-log records.
    public var activity = 0
    /// Weight of Azure OpenAI Audit records.
    public var audit = 0
    /// Weight of Azure OpenAI RequestResponse records.
    public var requestResponse = 0
    /// Weight of Azure OpenAI Trace records.
    public var trace = 0
    /// Weight of Entra sign-in records.
    public var signIn = 0
    /// Weight of records of other services.
    public var noise = 0

    /// The mix that is used when none is given: `activity=30,openai=55,signin=10,noise=5`.
    public static let standard = LogMix(openAI: 55, activity: 30, signIn: 10, noise: 5)

    private init(openAI: Int, activity: Int, signIn: Int, noise: Int) {
        self.activity = activity * 100
        audit = openAI * 6
        requestResponse = openAI * 84
        trace = openAI * 10
        self.signIn = signIn * 100
        self.noise = noise * 100
    }

    /// Reads a mix from text.
    public init(parsing text: String) throws(SampleLogsError) {
        func refuse(_ reason: String) -> SampleLogsError {
            SampleLogsError(
                setting: "mix", value: text, reason: reason,
                remedy: "write weights such as activity=40,openai=50,signin=10; "
                    + "names are activity, openai, audit, requestresponse, trace, signin, noise")
        }
        var seen: [String] = []
        for part in NamedValue.list(text) {
            guard let value = part.value, let weight = Int(value), (0...1_000_000).contains(weight) else {
                throw refuse("'\(part.name)' needs a whole weight from 0 to 1000000")
            }
            if seen.contains(part.name) { throw refuse("'\(part.name)' is written twice") }
            seen.append(part.name)
            switch part.name {
            case "activity": activity = weight * 100
            case "openai":
                audit += weight * 6
                requestResponse += weight * 84
                trace += weight * 10
            case "audit": audit += weight * 100
            case "requestresponse": requestResponse += weight * 100
            case "trace": trace += weight * 100
            case "signin": signIn = weight * 100
            case "noise": noise = weight * 100
            default: throw refuse("unknown kind of record '\(part.name)'")
            }
        }
        if total == 0 { throw refuse("all weights are zero") }
    }

    /// The mix by its six parts, in hundredths of the weights that are written.
    public var description: String {
        "activity=\(activity),audit=\(audit),requestresponse=\(requestResponse),trace=\(trace),"
            + "signin=\(signIn),noise=\(noise)"
    }

    var openAI: Int { audit + requestResponse + trace }
    var total: Int { activity + openAI + signIn + noise }

    func weight(of family: LogFamily) -> Int {
        switch family {
        case .activity: activity
        case .openAI: openAI
        case .signIn: signIn
        case .noise: noise
        }
    }
}

/// The streams that share a hub.
///
/// One message holds records of one family, as diagnostic settings send them.
enum LogFamily: Int, CaseIterable, Sendable {
    case activity, openAI, signIn, noise

    /// How many records one message gathers.
    var batch: ClosedRange<Int> {
        switch self {
        case .activity: 1...24
        case .openAI: 10...120
        case .signIn: 20...100
        case .noise: 5...60
        }
    }
}
