/// The parts of an Azure resource id, as written.
///
/// `/subscriptions/S/resourceGroups/G/providers/NS/TYPE/NAME[/TYPE/NAME…]`, with names of the parts in any case.
struct AzureResourceName {
    let subscription: String?
    let group: String?
    /// `Microsoft.CognitiveServices/accounts`.
    let type: String?
    /// The name behind the type; nested: `account/deployments/gpt4`.
    let name: String?

    init(_ id: String) {
        let parts = id.split(separator: "/").map(String.init)
        func follower(of word: String) -> String? {
            guard let index = parts.firstIndex(where: { $0.lowercased() == word }), index + 1 < parts.count else {
                return nil
            }
            return parts[index + 1]
        }
        subscription = follower(of: "subscriptions")
        group = follower(of: "resourcegroups")
        // The last provider names the resource itself (an extension resource has two).
        guard let provider = parts.lastIndex(where: { $0.lowercased() == "providers" }), provider + 2 < parts.count
        else {
            (type, name) = (nil, nil)
            return
        }
        type = parts[provider + 1] + "/" + parts[provider + 2]
        name = provider + 3 < parts.count ? parts[(provider + 3)...].joined(separator: "/") : nil
    }
}
