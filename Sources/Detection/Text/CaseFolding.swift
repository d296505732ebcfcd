/// Unicode simple case folding: one scalar to one scalar, so that lengths in characters never change.
///
/// Built from the standard library's simple mappings (fold = lower(upper(x)) where both are single scalars), which
/// joins the long s and the final sigma with their plain forms and leaves ß, İ and ı alone, as the folding table does.
enum CaseFolding {
    /// Folds one scalar.
    static func fold(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar.value < 0x80 { return Unicode.Scalar(foldASCII(UInt8(truncatingIfNeeded: scalar.value))) }
        if scalar.value == 0x131 { return scalar }
        let upper = single(scalar.properties.uppercaseMapping) ?? scalar
        return single(upper.properties.lowercaseMapping) ?? scalar
    }

    /// Folds a text.
    static func fold(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.lowercased() }
        var folded = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { folded.append(fold(scalar)) }
        return String(folded)
    }

    /// Folds one ASCII byte; others stay.
    @inline(__always)
    static func foldASCII(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// Folds UTF-8 into `output`, replacing its contents; invalid sequences are copied.
    static func fold(_ text: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        output.removeAll(keepingCapacity: true)
        output.reserveCapacity(text.count)
        var at = 0
        while at < text.count {
            let byte = text[at]
            if byte < 0x80 {
                output.append(foldASCII(byte))
                at += 1
                continue
            }
            guard let (scalar, length) = decode(text, at: at) else {
                output.append(byte)
                at += 1
                continue
            }
            output.append(contentsOf: UTF8.encode(fold(scalar)).unsafelyUnwrapped)
            at += length
        }
    }

    /// True when every byte is ASCII.
    static func isASCII(_ text: UnsafeRawBufferPointer) -> Bool {
        var at = 0
        while at + 8 <= text.count {
            let word = text.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            if word & 0x8080_8080_8080_8080 != 0 { return false }
            at += 8
        }
        while at < text.count {
            if text[at] >= 0x80 { return false }
            at += 1
        }
        return true
    }

    /// Decodes the scalar that begins at a byte; nil when none does.
    static func decode(_ text: UnsafeRawBufferPointer, at start: Int) -> (Unicode.Scalar, Int)? {
        guard start < text.count else { return nil }
        let lead = text[start]
        let length = lead < 0x80 ? 1 : (lead >= 0xf0 ? 4 : (lead >= 0xe0 ? 3 : (lead >= 0xc0 ? 2 : 0)))
        guard length > 0, start + length <= text.count else { return nil }
        if length == 1 { return (Unicode.Scalar(lead), 1) }
        var value = UInt32(lead) & (length == 2 ? 0x1f : (length == 3 ? 0x0f : 0x07))
        for index in 1..<length {
            let next = text[start + index]
            guard next & 0xc0 == 0x80 else { return nil }
            value = value << 6 | UInt32(next & 0x3f)
        }
        return Unicode.Scalar(value).map { ($0, length) }
    }

    private static func single(_ mapping: String) -> Unicode.Scalar? {
        let scalars = mapping.unicodeScalars
        guard let first = scalars.first, scalars.index(after: scalars.startIndex) == scalars.endIndex else {
            return nil
        }
        return first
    }
}
