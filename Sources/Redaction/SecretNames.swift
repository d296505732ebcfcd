/// Names of members, parameters and headers whose values are secrets.
public enum SecretNames {
    /// Where a name's value ends, and how long it must be to count.
    enum Kind {
        /// A parameter of a query or a member: ends at a separator.
        case parameter
        /// A part of a connection string or a password: may hold blanks and commas.
        case password
        /// A header: a scheme may stand in front.
        case header
        /// A word that is also used for other things: the value must look like a token.
        case looseToken

        var lengthMin: Int {
            switch self {
            case .parameter, .header: 2
            case .password: 1
            case .looseToken: 16
            }
        }
    }

    /// Whether a member's name says that its value is a secret; `_`, `-` and case do not count.
    public static func isSecret(_ name: String) -> Bool {
        let folded = name.utf8.compactMap { byte -> UInt8? in
            if byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") { return nil }
            return byte &- 0x41 < 26 ? byte | 0x20 : byte
        }
        guard let kind = kind(of: folded) else { return false }
        return kind != .looseToken || !folded.elementsEqual("code".utf8)
    }

    /// The kind of a folded name; nil when it names no secret.
    static func kind(of folded: [UInt8]) -> Kind? {
        guard (3...32).contains(folded.count) else { return nil }
        return kinds[String(decoding: folded, as: UTF8.self)]
    }

    private static let kinds: [String: Kind] = {
        var kinds: [String: Kind] = [:]
        for name in parameters { kinds[name] = .parameter }
        for name in passwords { kinds[name] = .password }
        for name in headers { kinds[name] = .header }
        for name in ["token", "code", "secret", "key1", "key2", "bearer", "credential"] { kinds[name] = .looseToken }
        return kinds
    }()

    private static let parameters = [
        "sig", "sastoken", "apikey", "xapikey", "subscriptionkey", "ocpapimsubscriptionkey", "xfunctionskey",
        "functionkey", "functionskey", "masterkey", "accesstoken", "refreshtoken", "idtoken", "authtoken",
        "bearertoken", "securitytoken", "sessiontoken", "clientassertion", "accesskey", "secretkey",
        "secretaccesskey", "awssecretaccesskey", "primarykey", "secondarykey", "primarymasterkey",
        "secondarymasterkey", "storagekey", "accountkey", "azureopenaikey", "azureopenaiapikey", "openaiapikey",
        "aegsaskey", "aegsastoken", "clientsecret", "secretvalue", "secrettext", "privatekey", "jwt",
    ]

    private static let passwords = [
        "sharedaccesskey", "sharedaccesssignature", "sharedsecretvalue", "sharedsecret", "password", "passwd", "pwd",
        "passphrase", "connectionstring", "primaryconnectionstring", "secondaryconnectionstring", "adminpassword",
        "administratorloginpassword", "userpassword",
    ]

    private static let headers = ["authorization", "proxyauthorization", "xmsauthorization", "cookie", "setcookie"]
}
