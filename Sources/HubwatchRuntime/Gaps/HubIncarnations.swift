/// Numbers the hubs that one state file has seen, so that findings of two hubs that used the same sequence numbers differ.
///
/// **Shape**: an entry for each hub (namespace, name, time of creation), and one for a partition whose numbers began anew
/// in the same hub. They outlive a reset of the positions: the journal that the ids are compared with does, too.
struct HubIncarnations: Hashable, Sendable {
    /// A hub as it is told apart from others.
    struct Hub: Hashable, Sendable {
        var namespace: String
        var name: String
        var createdMs: Int64
    }

    private static let prefix = "incarnation:"
    private var numbers: [String: Int] = [:]

    /// Reads the entries among the store's named values; what is not one is passed over.
    init(_ meta: [String: String]) {
        for (key, value) in meta where key.hasPrefix(Self.prefix) {
            if let number = Int(value), number >= 0 { numbers[key] = number }
        }
    }

    /// The number of a partition's hub; nil when the hub is new here.
    func number(of hub: Hub, partition: Int) -> Int? {
        numbers[Self.key(hub, partition)] ?? numbers[Self.key(hub, nil)]
    }

    /// Gives a hub a number, unless it has one; the entry to store, where it is new.
    mutating func register(_ hub: Hub) -> (key: String, value: String)? {
        let key = Self.key(hub, nil)
        return numbers[key] == nil ? enter(key) : nil
    }

    /// Gives a partition a number of its own, because its sequence numbers began anew; the entry to store.
    mutating func renumber(_ partition: Int, of hub: Hub) -> (key: String, value: String) {
        enter(Self.key(hub, partition))
    }

    private mutating func enter(_ key: String) -> (key: String, value: String) {
        let last = numbers.values.max()
        let number = last.map { $0 == .max ? $0 : $0 + 1 } ?? 0
        numbers[key] = number
        return (key, String(number))
    }

    private static func key(_ hub: Hub, _ partition: Int?) -> String {
        "\(prefix)\(hub.namespace)/\(hub.name)@\(hub.createdMs)" + (partition.map { "#\($0)" } ?? "")
    }
}
