/// The ids of findings and alerts: hashes of what they are, the same on every replay.
enum FindingIdentity {
    /// A match finding of one record.
    ///
    /// `incarnation` tells hubs apart that had the same name one after the other; 0 for the first.
    static func record(ruleID: String, version: String, _ position: RecordPosition, incarnation: Int = 0) -> String {
        var writer = header("record", ruleID, version)
        writer.signed(Int64(position.partition))
        writer.signed(position.sequence)
        writer.signed(Int64(position.index))
        if incarnation != 0 { writer.signed(Int64(incarnation)) }
        return IdentityHash.hexadecimal(writer)
    }

    /// A match finding of an operation, whose records share a value.
    static func operation(ruleID: String, version: String, value: String) -> String {
        var writer = header("operation", ruleID, version)
        writer.string(value)
        return IdentityHash.hexadecimal(writer)
    }

    /// A finding of a group in a window.
    ///
    /// `partitions` names those that a partial answer covers.
    static func window(
        ruleID: String, version: String, key: [UInt8], end: Int64, length: Int64, partitions: [Int]
    ) -> String {
        var writer = header("window", ruleID, version)
        writer.blob(key)
        writer.signed(end)
        writer.signed(length)
        writer.count(partitions.count)
        for partition in partitions { writer.signed(Int64(partition)) }
        return IdentityHash.hexadecimal(writer)
    }

    /// An alert: rule, group and slot.
    ///
    /// The rule's version is no part of it, so that an edited rule does not alert anew.
    static func alert(ruleID: String, key: [UInt8], slot: Int64) -> String {
        var writer = ByteWriter(reserving: 128)
        writer.string("hubwatch alert")
        writer.string(ruleID)
        writer.blob(key)
        writer.signed(slot)
        return IdentityHash.hexadecimal(writer)
    }

    private static func header(_ kind: String, _ ruleID: String, _ version: String) -> ByteWriter {
        var writer = ByteWriter(reserving: 192)
        writer.string("hubwatch finding")
        writer.string(kind)
        writer.string(ruleID)
        writer.string(version)
        return writer
    }
}
