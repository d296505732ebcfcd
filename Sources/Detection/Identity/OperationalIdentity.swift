/// The ids of findings that hubwatch raises about itself: hashes of what they are about.
public enum OperationalIdentity {
    /// An id that depends on the kind and on these parts, in order; 32 hexadecimal digits.
    public static func id(kind: String, _ parts: [String]) -> String {
        var writer = ByteWriter(reserving: 128)
        writer.string("hubwatch operational")
        writer.string(kind)
        writer.count(parts.count)
        for part in parts { writer.string(part) }
        return IdentityHash.hexadecimal(writer)
    }
}
