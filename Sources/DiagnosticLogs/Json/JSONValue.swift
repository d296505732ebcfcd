/// A JSON value as a tree, for the slow path: single values that a person or a sink wants to see.
public indirect enum JSONValue: Hashable, Sendable {
    /// JSON null.
    case null
    /// A truth value.
    case boolean(Bool)
    /// A whole number of 64 bits.
    case integer(Int64)
    /// Any other number, as written.
    case number(String)
    /// Text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// Members in order, duplicates kept.
    case object([JSONMember])

    /// Builds the tree of a value; nil for a missing one and for one deeper than 64 containers.
    init?(_ slot: FieldSlot, depth: Int = 0) {
        guard depth <= JSONLimits.depthMax else { return nil }
        switch slot.kind {
        case .missing: return nil
        case .null: self = .null
        case .true: self = .boolean(true)
        case .false: self = .boolean(false)
        case .integer: self = .integer(Int64(bitPattern: slot.bits))
        case .number:
            let text = slot.stringValue ?? ""
            self = Int64(text).map { .integer($0) } ?? .number(text)
        case .string, .timestamp: self = .string(slot.stringValue ?? "")
        case .array, .several:
            var elements: [JSONValue] = []
            JSONReader.forEachElement(of: slot) {
                elements.append(JSONValue($0, depth: depth + 1) ?? .null)
                return true
            }
            self = .array(elements)
        case .object:
            var members: [JSONMember] = []
            JSONReader.forEachMember(of: slot) { name, value in
                members.append(
                    JSONMember(name: name.stringValue ?? "", value: JSONValue(value, depth: depth + 1) ?? .null))
                return true
            }
            self = .object(members)
        }
    }
}

/// A member of a JSON object.
public struct JSONMember: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Its value.
    public var value: JSONValue

    /// Makes a member.
    public init(name: String, value: JSONValue) {
        self.name = name
        self.value = value
    }
}
