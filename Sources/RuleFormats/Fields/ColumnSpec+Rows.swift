import DiagnosticLogs

/// Short forms for the rows of the column table.
extension ColumnSpec {
    static func derived(_ field: DerivedField, _ type: ColumnType) -> ColumnSpec {
        ColumnSpec(source: .derived(field), type: type)
    }

    static func path(_ member: String, _ type: ColumnType, isMixed: Bool = false) -> ColumnSpec {
        ColumnSpec(source: .path([member]), type: type, isMixed: isMixed)
    }

    static func path(_ a: String, _ b: String, _ type: ColumnType, isMixed: Bool = false) -> ColumnSpec {
        ColumnSpec(source: .path([a, b]), type: type, isMixed: isMixed)
    }

    static func path(_ a: String, _ b: String, _ c: String, _ type: ColumnType, isMixed: Bool = false) -> ColumnSpec {
        ColumnSpec(source: .path([a, b, c]), type: type, isMixed: isMixed)
    }

    static func path(_ a: String, _ b: String, _ c: String, _ d: String, _ type: ColumnType) -> ColumnSpec {
        ColumnSpec(source: .path([a, b, c, d]), type: type)
    }
}

/// The long claim names of an access token as Azure's activity log writes them.
enum Claim: String, CaseIterable, Sendable {
    case objectIdentifier = "http://schemas.microsoft.com/identity/claims/objectidentifier"
    case tenantID = "http://schemas.microsoft.com/identity/claims/tenantid"
    case scope = "http://schemas.microsoft.com/identity/claims/scope"
    case identityProvider = "http://schemas.microsoft.com/identity/claims/identityprovider"
    case authenticationClass = "http://schemas.microsoft.com/claims/authnclassreference"
    case authenticationMethods = "http://schemas.microsoft.com/claims/authnmethodsreferences"
    case upn = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
    case name = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"
    case emailAddress = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
    case givenName = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname"
    case surname = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname"
    case nameIdentifier = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"
    case spn = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/spn"

    /// Short names that rule authors use for the long ones.
    static let shortNames: [String: Claim] = [
        "oid": .objectIdentifier, "tid": .tenantID, "scp": .scope, "idp": .identityProvider,
        "acr": .authenticationClass, "amr": .authenticationMethods, "upn": .upn, "email": .emailAddress, "spn": .spn,
    ]
}

extension String {
    /// Dots as underscores: what Elastic's pipeline does to claim keys.
    var replacingDots: String { String(map { $0 == "." ? "_" : $0 }) }
}

/// Elastic's snake case: an underscore at each step from lower to upper case.
enum SnakeCase {
    /// `responseLength` to `response_length`.
    static func of(_ name: String) -> String {
        var result = ""
        var lastWasLower = false
        for character in name {
            if character.isUppercase {
                if lastWasLower { result.append("_") }
                result += character.lowercased()
                lastWasLower = false
            } else {
                result.append(character)
                lastWasLower = character.isLowercase
            }
        }
        return result
    }
}
