import Redaction

/// What a field's name says about its values: decided once, when a plan is compiled.
///
/// A path is as sensitive as its most telling name. Below a body (of a request to a model, of a response) everything is
/// content but the few members that only measure: token counts, the model's name, finish reasons, filter verdicts, error
/// codes. A name that is not known is plain: its text is still searched for secrets before it is shown.
///
/// Source: Azure Monitor "resource logs schema" per service; API Management `GatewayLogs`; Kubernetes audit events.
enum FieldSensitivity {
    /// The classes of a path's values.
    static func of(_ path: FieldPath) -> Sensitivity {
        let names = path.steps.map(folded)
        var result: Sensitivity = []
        if names.contains(where: isSecret(in: names)) { result.insert(.secrets) }
        if let body = names.firstIndex(where: bodies.contains), !measures(names[(body + 1)...]) {
            result.insert(.content)
        }
        guard let last = names.last(where: { !isIndex($0) }) else { return result }
        if isContainer(names, last) || talk.contains(last) { result.insert(.content) }
        if addresses.contains(last) { result.insert(.addresses) }
        if isUser(names, last) { result.insert(.users) }
        return result
    }

    /// The classes of a field's values.
    static func of(_ field: Field) -> Sensitivity {
        switch field {
        case .path(let path): of(path)
        case .firstOf(let paths): paths.reduce(into: []) { $0.formUnion(of($1)) }
        case .derived(.sourceAddress): .addresses
        case .derived: []
        }
    }

    /// A name in lower case without `_`, `-` and blanks; of a claim's address only the end: `…/identity/claims/upn`.
    private static func folded(_ name: String) -> String {
        let end = name.utf8.lastIndex(of: UInt8(ascii: "/")).map { name.utf8.index(after: $0) } ?? name.startIndex
        let bytes = name.utf8[end...].filter {
            $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: " ")
        }
        return String(decoding: bytes.map(FieldAliases.asciiLowercased), as: UTF8.self)
    }

    private static func isIndex(_ name: String) -> Bool { !name.isEmpty && name.utf8.allSatisfy { $0 &- 0x30 < 10 } }

    /// `authorization` is a header; in an identity it says what the caller was allowed to do.
    private static func isSecret(in names: [String]) -> (String) -> Bool {
        { name in
            if name == "authorization" { return names.contains { $0.hasSuffix("headers") } }
            return SecretNames.isSecret(name)
        }
    }

    /// True for names below a body that measure what was said and do not repeat it.
    private static func measures(_ below: ArraySlice<String>) -> Bool {
        let names = below.filter { !isIndex($0) }
        guard let first = names.first, let last = names.last else { return false }
        if first == "usage" || first == "promptfilterresults" || last == "finishreason" { return names.count > 1 }
        if names.contains("contentfilterresults") { return names.last != "contentfilterresults" }
        if first == "error" { return ["code", "status", "type"].contains(last) }
        return names.count == 1 && ["model", "id", "object", "created", "maxtokens", "temperature"].contains(first)
    }

    private static let bodies: Set<String> = [
        "requestbody", "responsebody", "backendrequestbody", "backendresponsebody", "requestobject", "responseobject",
        "requestpayload", "responsepayload", "requestcontent", "responsecontent",
    ]

    /// What is said to a model and by it.
    private static let talk: Set<String> = [
        "prompt", "prompts", "prompttext", "completion", "completions", "completiontext", "messages", "content",
        "inputtext", "outputtext", "userprompt", "systemprompt", "usermessage", "assistantmessage", "instructions",
        "requestmessages", "responsemessages", "transcript", "toolarguments", "arguments", "generatedtext",
    ]

    /// Members that hold others: as one text they would show everything below.
    private static func isContainer(_ names: [String], _ last: String) -> Bool {
        if last.hasSuffix("headers") { return true }
        return names.count <= 2 && ["properties", "eventproperties", "claims", "claim"].contains(last)
    }

    private static let addresses: Set<String> = [
        "calleripaddress", "ipaddress", "ipaddr", "ip", "clientip", "clientipaddress", "clientaddress", "sourceip",
        "sourceips", "sourceaddress", "srcip", "destinationip", "destip", "dstip", "remoteip", "remoteaddress",
        "maskedipaddress", "ipaddressfromresourceprovider", "userip", "useraddress", "hostipaddress", "flowtuples",
        "originatingip", "xforwardedfor", "networklocation", "callernetwork",
    ]

    private static func isUser(_ names: [String], _ last: String) -> Bool {
        if users.contains(last) { return true }
        if last == "name" { return names.contains("claims") || names.contains("claim") || names.contains("user") }
        if last == "displayname" { return names.contains("user") }
        return names == ["identity"] || names == ["caller"]
    }

    private static let users: Set<String> = [
        "user", "userprincipalname", "upn", "principalname", "email", "emailaddress", "mail", "uniquename", "givenname",
        "surname", "familyname", "userdisplayname", "username", "preferredusername", "signinname", "signinnames",
        "alternatesigninname", "nameidentifier", "caller", "loginname", "accountupn", "useremail",
        "serviceprincipalname",
    ]
}
