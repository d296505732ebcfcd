import GRDB

extension Row {
    /// A column's value.
    ///
    /// GRDB's subscript traps on a value of another type, which a damaged or hand-edited file can hold.
    func field<Value: DatabaseValueConvertible>(_ name: String) throws -> Value {
        let stored: DatabaseValue? = self[name]
        guard let stored, let value = Value.fromDatabaseValue(stored) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "column \(name) holds a value of another type")
        }
        return value
    }

    /// A column's value, or nil for NULL.
    func optional<Value: DatabaseValueConvertible>(_ name: String) throws -> Value? {
        let stored: DatabaseValue? = self[name]
        guard let stored, !stored.isNull else { return nil }
        return try field(name)
    }
}
