/// The parts of an Azure resource id.
///
/// Azure treats ids without case and services write them in every case: parts are handed out in lower case, to group by;
/// ``original`` is what a person should see.
public struct ResourceID: Hashable, Sendable {
    /// The id as written.
    public let original: String
    /// `subscriptions/{this}`; not always a GUID.
    public let subscriptionID: String?
    /// `resourceGroups/{this}`.
    public let resourceGroup: String?
    /// `{namespace}/{type}` of the last `providers`.
    public let provider: String?
    /// Everything behind the first resource type: `account`, or `account/deployments/gpt4`.
    public let name: String?
    /// The last segment.
    public let leafName: String?
    /// The segment behind the first resource type.
    public let rootName: String?
    /// `tenants/{this}`.
    public let tenantID: String?
    /// For `namespaces/{this}/authorizationRules/…`, which has no ``name``.
    public let namespace: String?
    /// For `namespaces/…/authorizationRules/{this}`.
    public let authorizationRule: String?

    /// Takes an id apart.
    ///
    /// What is not there is nil; no text is refused.
    public init(_ text: String) {
        let lower = text.utf8.map { FieldAliases.asciiLowercased($0) }
        let parts = lower.withUnsafeBytes { ResourceIDParts($0) }
        func string(_ range: Range<Int>?) -> String? { range.map { String(decoding: lower[$0], as: UTF8.self) } }
        original = text
        subscriptionID = string(parts.subscription)
        resourceGroup = string(parts.group)
        provider = string(parts.provider)
        name = string(parts.name)
        leafName = string(parts.leaf)
        rootName = string(parts.root)
        tenantID = string(parts.tenant)
        namespace = string(parts.namespace)
        authorizationRule = string(parts.rule)
    }
}

/// Where the parts of a resource id in lower case lie.
///
/// No allocation.
struct ResourceIDParts {
    private(set) var subscription: Range<Int>?
    private(set) var group: Range<Int>?
    private(set) var tenant: Range<Int>?
    private(set) var provider: Range<Int>?
    private(set) var name: Range<Int>?
    private(set) var leaf: Range<Int>?
    private(set) var root: Range<Int>?
    private(set) var namespace: Range<Int>?
    private(set) var rule: Range<Int>?

    private enum Key { case none, subscription, group, tenant }

    init(_ lower: UnsafeRawBufferPointer) {
        var key = Key.none
        var provided = -1  // segments behind the last `providers`; -1 before the first
        var provider = 0..<0
        var typeIsNamespaces = false
        var namesRules = false
        var start = 0
        while start < lower.count {
            var end = start
            while end < lower.count, lower[end] != UInt8(ascii: "/") { end += 1 }
            let segment = start..<end
            start = end + 1
            if segment.isEmpty { continue }
            if Self.equal(lower, segment, "providers") {
                provided = 0
                (name, leaf, root, namesRules) = (nil, nil, nil, false)
                continue
            }
            guard provided < 0 else {
                switch provided {
                case 0: provider = segment
                case 1:
                    provider = provider.lowerBound..<segment.upperBound
                    typeIsNamespaces = Self.equal(lower, segment, "namespaces")
                case 2:
                    root = segment
                    name = segment
                default:
                    if provided == 3 {
                        namesRules = typeIsNamespaces && Self.equal(lower, segment, "authorizationrules")
                    }
                    if let first = name { name = first.lowerBound..<segment.upperBound }
                }
                if provided >= 2 { leaf = segment }
                provided += 1
                continue
            }
            switch key {
            case .subscription: subscription = segment
            case .group: group = segment
            case .tenant: tenant = segment
            case .none:
                key = Self.key(lower, segment)
                continue
            }
            key = .none
        }
        self.provider = provider.isEmpty ? nil : provider
        // Elastic names the two parts of such an id and gives it no name of its own.
        if namesRules, provided > 4 { (namespace, rule, name) = (root, leaf, nil) }
    }

    private static func key(_ text: UnsafeRawBufferPointer, _ segment: Range<Int>) -> Key {
        if equal(text, segment, "subscriptions") { return .subscription }
        if equal(text, segment, "resourcegroups") { return .group }
        if equal(text, segment, "tenants") { return .tenant }
        return .none
    }

    private static func equal(_ text: UnsafeRawBufferPointer, _ range: Range<Int>, _ word: StaticString) -> Bool {
        guard range.count == word.utf8CodeUnitCount else { return false }
        for (i, at) in range.enumerated() where text[at] != word.utf8Start[i] { return false }
        return true
    }
}
