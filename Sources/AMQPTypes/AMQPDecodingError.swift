/// Why bytes are not a valid AMQP value or message.
public struct AMQPDecodingError: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Code: Hashable, Sendable {
        /// The bytes end inside a value.
        case truncated
        /// A constructor byte that the specification does not define.
        case unknownConstructor(UInt8)
        /// Values nested deeper than ``AMQPDecoder/depthMax``.
        case tooDeep
        /// More elements that take no bytes than ``AMQPDecoder/weightlessElementsMax``.
        case tooManyElements
        /// A string or symbol that is not valid UTF-8.
        case invalidText
        /// A map with a key that has no value.
        case oddMapCount
        /// A compound whose size and contents disagree.
        case sizeMismatch
        /// Bytes behind the value.
        case trailingBytes
        /// A described type where none, or another one, belongs.
        case unexpectedDescriptor
        /// A section that is there twice, or body sections of several kinds.
        case repeatedSection
        /// A section or field of the wrong type.
        case wrongType
    }

    /// What is wrong.
    public var code: Code
    /// How many bytes into the input it was noticed.
    public var offset: Int

    /// Makes an error at an offset.
    public init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }
}

extension AMQPDecodingError: CustomStringConvertible {
    /// What is wrong and where, on one line.
    public var description: String {
        let what =
            switch code {
            case .truncated: "the bytes end inside a value"
            case .unknownConstructor(let byte): "constructor 0x\(String(byte, radix: 16)) is not defined"
            case .tooDeep: "values are nested deeper than \(AMQPDecoder.depthMax)"
            case .tooManyElements: "an array has too many elements of size zero"
            case .invalidText: "a string or symbol is not valid UTF-8"
            case .oddMapCount: "a map has a key without a value"
            case .sizeMismatch: "the size of a compound does not match its contents"
            case .trailingBytes: "there are bytes behind the value"
            case .unexpectedDescriptor: "a descriptor does not belong here"
            case .repeatedSection: "a message section is repeated"
            case .wrongType: "a section or field has the wrong type"
            }
        return "invalid AMQP encoding at byte \(offset): \(what)"
    }
}
