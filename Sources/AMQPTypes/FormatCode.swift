/// The constructor bytes of part 1.6 of the specification.
package enum FormatCode {
    package static let described: UInt8 = 0x00
    package static let null: UInt8 = 0x40
    package static let booleanTrue: UInt8 = 0x41
    package static let booleanFalse: UInt8 = 0x42
    package static let uint0: UInt8 = 0x43
    package static let ulong0: UInt8 = 0x44
    package static let list0: UInt8 = 0x45
    package static let ubyte: UInt8 = 0x50
    package static let byte: UInt8 = 0x51
    package static let smalluint: UInt8 = 0x52
    package static let smallulong: UInt8 = 0x53
    package static let smallint: UInt8 = 0x54
    package static let smalllong: UInt8 = 0x55
    package static let boolean: UInt8 = 0x56
    package static let ushort: UInt8 = 0x60
    package static let short: UInt8 = 0x61
    package static let uint: UInt8 = 0x70
    package static let int: UInt8 = 0x71
    package static let float: UInt8 = 0x72
    package static let char: UInt8 = 0x73
    package static let decimal32: UInt8 = 0x74
    package static let ulong: UInt8 = 0x80
    package static let long: UInt8 = 0x81
    package static let double: UInt8 = 0x82
    package static let timestamp: UInt8 = 0x83
    package static let decimal64: UInt8 = 0x84
    package static let decimal128: UInt8 = 0x94
    package static let uuid: UInt8 = 0x98
    package static let binary8: UInt8 = 0xa0
    package static let string8: UInt8 = 0xa1
    package static let symbol8: UInt8 = 0xa3
    package static let binary32: UInt8 = 0xb0
    package static let string32: UInt8 = 0xb1
    package static let symbol32: UInt8 = 0xb3
    package static let list8: UInt8 = 0xc0
    package static let map8: UInt8 = 0xc1
    package static let list32: UInt8 = 0xd0
    package static let map32: UInt8 = 0xd1
    package static let array8: UInt8 = 0xe0
    package static let array32: UInt8 = 0xf0
}

/// The described types that make up a message (part 3.2 of the specification).
package enum SectionCode {
    package static let header: UInt64 = 0x70
    package static let deliveryAnnotations: UInt64 = 0x71
    package static let messageAnnotations: UInt64 = 0x72
    package static let properties: UInt64 = 0x73
    package static let applicationProperties: UInt64 = 0x74
    package static let data: UInt64 = 0x75
    package static let sequence: UInt64 = 0x76
    package static let value: UInt64 = 0x77
    package static let footer: UInt64 = 0x78

    /// The code of a symbolic descriptor; the specification allows either form.
    package static func code(symbol: String) -> UInt64? {
        switch symbol {
        case "amqp:header:list": header
        case "amqp:delivery-annotations:map": deliveryAnnotations
        case "amqp:message-annotations:map": messageAnnotations
        case "amqp:properties:list": properties
        case "amqp:application-properties:map": applicationProperties
        case "amqp:data:binary": data
        case "amqp:amqp-sequence:list": sequence
        case "amqp:amqp-value:*": value
        case "amqp:footer:map": footer
        default: nil
        }
    }
}
