/// The runs of characters that begin at a word: what a secret can be known by without a name.
struct SecretShapes {
    private let bytes: UnsafeBufferPointer<UInt8>
    let start: Int
    /// End of the run of letters, digits and `_`.
    let wordEnd: Int
    /// End of the run of everything that tokens are made of, `.`, `-`, `~`, `+`, `/` and `=` too.
    let tokenEnd: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) {
        self.bytes = bytes
        self.start = start
        wordEnd = Self.end(bytes, start) { SecretScan.isWord($0) }
        tokenEnd = Self.end(bytes, start) { SecretScan.isWord($0) || Self.tokenMarks.contains($0) }
    }

    private static let tokenMarks = Array(".-~+/=".utf8)

    private static func end(
        _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ takes: (UInt8) -> Bool
    ) -> Int {
        var at = start
        while at < bytes.count, takes(bytes[at]) { at += 1 }
        return at
    }

    /// The secret that begins here, if one does.
    var secret: Range<Int>? {
        guard tokenEnd - start >= 12 else { return nil }
        return webToken ?? prefixed ?? directorySecret ?? base64 ?? longRun
    }

    /// `eyJ…`: a JSON Web Token, whole or cut; both parts begin with `{"` in base64.
    private var webToken: Range<Int>? {
        guard begins("eyJ") else { return nil }
        let end = Self.end(bytes, start) {
            SecretScan.isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "=")
        }
        return end - start >= 16 ? start..<end : nil
    }

    /// Keys that say in front whose they are.
    private var prefixed: Range<Int>? {
        for (prefix, least) in Self.prefixes where begins(prefix) {
            let end = Self.end(bytes, start) { SecretScan.isWord($0) || $0 == UInt8(ascii: "-") }
            // A resource may be called sk-weu-01; a key has a long run of letters and digits.
            if end - start >= least, longestRun(start..<end) >= 16 { return start..<end }
        }
        return nil
    }

    private static let prefixes: [(String, Int)] = [
        ("sk-", 24), ("ghp_", 36), ("gho_", 36), ("ghs_", 36), ("github_pat_", 40), ("xoxb-", 30), ("xoxp-", 30),
        ("AIza", 35), ("AKIA", 20),
    ]

    /// `abc8Q~…`: a client secret of Microsoft Entra, 40 characters.
    private var directorySecret: Range<Int>? {
        guard tokenEnd - start >= 34, start + 5 < bytes.count, bytes[start + 4] == UInt8(ascii: "Q"),
            bytes[start + 5] == UInt8(ascii: "~"), bytes[start + 3] &- 0x30 < 10
        else { return nil }
        let end = Self.end(bytes, start) {
            SecretScan.isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "~")
        }
        return end - start >= 34 ? start..<end : nil
    }

    /// 32 bytes or more in base64 with padding: account keys, shared access keys, signatures.
    private var base64: Range<Int>? {
        let end = Self.end(bytes, start) {
            $0 != UInt8(ascii: "_")
                && (SecretScan.isWord($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/"))
        }
        guard end - start >= 38, end < bytes.count, bytes[end] == UInt8(ascii: "=") else { return nil }
        let padded = end + 1 < bytes.count && bytes[end + 1] == UInt8(ascii: "=") ? end + 2 : end + 1
        guard padded == bytes.count || !SecretScan.isWord(bytes[padded]), isMixed(start..<end) else { return nil }
        return start..<padded
    }

    /// 40 and more letters and digits, large and small mixed: Azure's identifiable keys and others like them.
    private var longRun: Range<Int>? {
        let end = Self.end(bytes, start) { $0 != UInt8(ascii: "_") && SecretScan.isWord($0) }
        return end - start >= 40 && isMixed(start..<end) ? start..<end : nil
    }

    /// Three of each: capitals, small letters, digits.
    private func isMixed(_ range: Range<Int>) -> Bool {
        var (capitals, small, digits) = (0, 0, 0)
        for byte in bytes[range] {
            if byte &- 0x41 < 26 { capitals += 1 }
            if byte &- 0x61 < 26 { small += 1 }
            if byte &- 0x30 < 10 { digits += 1 }
        }
        return min(capitals, small, digits) >= 3
    }

    private func longestRun(_ range: Range<Int>) -> Int {
        var (longest, run) = (0, 0)
        for byte in bytes[range] {
            run = byte != UInt8(ascii: "_") && SecretScan.isWord(byte) ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }

    private func begins(_ text: String) -> Bool {
        guard start + text.utf8.count <= bytes.count else { return false }
        return zip(text.utf8, bytes[start...]).allSatisfy { $0 == $1 }
    }
}
