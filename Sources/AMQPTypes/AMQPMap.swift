/// One entry of an ``AMQPMap``.
public struct AMQPPair: Hashable, Sendable {
    /// The key; a symbol or a string in every map that Event Hubs sends.
    public var key: AMQPValue
    /// The value.
    public var value: AMQPValue

    /// Joins a key and a value.
    public init(key: AMQPValue, value: AMQPValue) {
        self.key = key
        self.value = value
    }
}

/// A map that keeps the order of its pairs.
///
/// **Shape**: an array of pairs, not a dictionary, because AMQP maps are ordered on the wire and golden bytes must be
/// reproducible. Maps here hold a handful of keys, so that a look-up is a scan. Of repeated keys the first counts.
public struct AMQPMap: Hashable, Sendable {
    /// The pairs in wire order.
    public var pairs: [AMQPPair]

    /// Makes a map of pairs in the given order.
    public init(pairs: [AMQPPair] = []) {
        self.pairs = pairs
    }

    /// The number of pairs.
    public var count: Int { pairs.count }

    /// Whether there are no pairs.
    public var isEmpty: Bool { pairs.isEmpty }

    /// The value of a key; setting nil removes it, setting a new key appends it.
    public subscript(key key: AMQPValue) -> AMQPValue? {
        get {
            pairs.first { $0.key == key }?.value
        }
        set {
            let index = pairs.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): pairs[index].value = value
            case (let index?, nil): pairs.remove(at: index)
            case (nil, let value?): pairs.append(AMQPPair(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    /// The value of a symbol key.
    public subscript(symbol name: String) -> AMQPValue? {
        get { self[key: .symbol(name)] }
        set { self[key: .symbol(name)] = newValue }
    }

    /// The value of a string key.
    public subscript(string name: String) -> AMQPValue? {
        get { self[key: .string(name)] }
        set { self[key: .string(name)] = newValue }
    }

    /// The value of a key that peers write as a symbol or as a string.
    public subscript(text name: String) -> AMQPValue? {
        pairs.first { $0.key.text == name }?.value
    }
}

extension AMQPMap: ExpressibleByDictionaryLiteral {
    /// Makes a map of a literal, in its order.
    public init(dictionaryLiteral elements: (AMQPValue, AMQPValue)...) {
        self.init(pairs: elements.map { AMQPPair(key: $0.0, value: $0.1) })
    }
}
