internal import DiagnosticLogs

/// The common tests of texts in raw memory, for values that need no preparing: no reference is counted and nothing is
/// allocated.
///
/// Says nothing of values that it does not know (numbers, lists, texts beyond ASCII where case does not count): those are
/// tested in the general way. **Isolation**: owned by one evaluator, which frees it.
struct TextTests {
    private enum Kind: UInt8 {
        case general, whole, prefix, suffix, piece, oneOf, null, exists, network
    }

    private struct Test {
        var kind = Kind.general
        var foldsCase = false
        var isWanted = false
        var slot: Int32 = 0
        /// Where the bytes are, or the buckets of a set, or the network; and how many.
        var start: Int32 = 0
        var count: Int32 = 0
    }

    private struct Bucket {
        /// -1 marks an empty bucket.
        var start: Int32 = -1
        var count: Int32 = 0
    }

    private let tests: UnsafeMutableBufferPointer<Test>
    private let bytes: UnsafeMutableBufferPointer<UInt8>
    private let buckets: UnsafeMutableBufferPointer<Bucket>
    private let networks: UnsafeMutableBufferPointer<NetworkMatcher.Mask>
    /// The address read last of the current record: the same field is compared with many networks.
    private let recent: UnsafeMutablePointer<(slot: Int32, address: NetworkMatcher.Address?)>

    init(_ atoms: [Atom]) {
        var tests: [Test] = []
        var bytes: [UInt8] = []
        var buckets: [Bucket] = []
        var networks: [NetworkMatcher.Mask] = []
        for atom in atoms {
            var test = Test()
            switch atom {
            case .field(let slot, let matcher):
                test.slot = Int32(truncatingIfNeeded: slot)
                if case .network(let network) = matcher {
                    test.kind = .network
                    test.start = Int32(networks.count)
                    networks.append(network.mask)
                } else {
                    Self.fill(&test, matcher, &bytes, &buckets)
                }
            case .equals(let slot, let text, _):
                test = Test(kind: .whole, slot: Int32(truncatingIfNeeded: slot))
                Self.store(text, &test, &bytes)
            case .keyword, .expression: break
            }
            tests.append(test)
        }
        self.tests = Self.copy(tests)
        self.bytes = Self.copy(bytes)
        self.buckets = Self.copy(buckets)
        self.networks = Self.copy(networks)
        recent = .allocate(capacity: 1)
        recent.initialize(to: (-1, nil))
    }

    /// Frees the memory.
    func deallocate() {
        recent.deallocate()
        tests.deallocate()
        bytes.deallocate()
        buckets.deallocate()
        networks.deallocate()
    }

    private static func copy<T>(_ list: [T]) -> UnsafeMutableBufferPointer<T> {
        let memory = UnsafeMutableBufferPointer<T>.allocate(capacity: list.count)
        _ = memory.initialize(from: list)
        return memory
    }

    private static func store(_ text: [UInt8], _ test: inout Test, _ bytes: inout [UInt8]) {
        test.start = Int32(bytes.count)
        test.count = Int32(text.count)
        bytes += text
    }

    private static func fill(
        _ test: inout Test, _ matcher: CompiledMatcher, _ bytes: inout [UInt8], _ buckets: inout [Bucket]
    ) {
        switch matcher {
        case .null: test.kind = .null
        case .exists(let wanted):
            test.kind = .exists
            test.isWanted = wanted
        case .pattern(let pattern):
            guard let (shape, literal) = pattern.simple else { return }
            test.foldsCase = pattern.foldsCase
            test.kind =
                switch shape {
                case .whole: .whole
                case .prefix: .prefix
                case .suffix: .suffix
                case .piece: .piece
                }
            store(literal, &test, &bytes)
        case .oneOf(let texts, let foldsCase):
            test.kind = .oneOf
            test.foldsCase = foldsCase
            var capacity = 4
            while capacity < texts.count * 2 { capacity *= 2 }
            test.start = Int32(buckets.count)
            test.count = Int32(capacity)
            buckets += [Bucket](repeating: Bucket(), count: capacity)
            for text in texts.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                let hash = text.withUnsafeBytes { WitnessTable.hash($0).hash }
                var at = Int(truncatingIfNeeded: hash) & (capacity - 1)
                while buckets[Int(test.start) + at].start >= 0 { at = (at + 1) & (capacity - 1) }
                buckets[Int(test.start) + at] = Bucket(start: Int32(bytes.count), count: Int32(text.count))
                bytes += text
            }
        case .number, .integer, .boolean, .regex, .network, .sameAs: break
        }
    }

    /// Forgets what was read of the record before.
    @inline(__always)
    func begin() { recent.pointee.slot = -1 }

    /// The outcome of a test; nil when it must be found in the general way.
    @inline(__always)
    func outcome(of number: Int, _ record: RecordView) -> Bool? {
        let test = tests[number]
        if test.kind == .general { return nil }
        let slot = record[Int(test.slot)]
        switch slot.kind {
        case .missing, .null: return test.kind == .null || test.kind == .exists && test.isWanted == (slot.kind == .null)
        case .string:
            if test.kind == .null { return false }
            if test.kind == .exists { return test.isWanted }
            let text = slot.hasEscapes ? record.plainText(Int(test.slot)) : slot.text
            return text.flatMap { outcome(test, $0) }
        case .false, .true, .number, .object, .array, .integer, .timestamp, .several: return nil
        }
    }

    private func outcome(_ test: Test, _ text: UnsafeRawBufferPointer) -> Bool? {
        if test.kind == .network { return isInside(test, text) }
        let (hash, isASCII) = test.kind == .oneOf ? WitnessTable.hash(text) : (0, CaseFolding.isASCII(text))
        if test.foldsCase, !isASCII { return nil }
        let (start, count) = (Int(test.start), Int(test.count))
        switch test.kind {
        case .whole: return text.count == count && equals(text, 0, start, count, test.foldsCase)
        case .prefix: return text.count >= count && equals(text, 0, start, count, test.foldsCase)
        case .suffix: return text.count >= count && equals(text, text.count - count, start, count, test.foldsCase)
        case .piece: return contains(text, start, count, test.foldsCase)
        case .oneOf:
            var at = Int(truncatingIfNeeded: hash) & (count - 1)
            while buckets[start + at].start >= 0 {
                let found = buckets[start + at]
                if Int(found.count) == text.count,
                    equals(text, 0, Int(found.start), text.count, test.foldsCase)
                {
                    return true
                }
                at = (at + 1) & (count - 1)
            }
            return false
        case .general, .null, .exists, .network: return nil
        }
    }

    private func isInside(_ test: Test, _ text: UnsafeRawBufferPointer) -> Bool {
        if recent.pointee.slot != test.slot { recent.pointee = (test.slot, NetworkMatcher.Address(text)) }
        return recent.pointee.address.map { networks[Int(test.start)].contains($0) } ?? false
    }

    @inline(__always)
    private func equals(
        _ text: UnsafeRawBufferPointer, _ offset: Int, _ start: Int, _ count: Int, _ foldsCase: Bool
    ) -> Bool {
        for index in 0..<count {
            let byte = text[offset + index]
            if (foldsCase ? CaseFolding.foldASCII(byte) : byte) != bytes[start + index] { return false }
        }
        return true
    }

    private func contains(_ text: UnsafeRawBufferPointer, _ start: Int, _ count: Int, _ foldsCase: Bool) -> Bool {
        guard count > 0 else { return true }
        let first = bytes[start]
        var at = 0
        while at + count <= text.count {
            let byte = foldsCase ? CaseFolding.foldASCII(text[at]) : text[at]
            if byte == first, equals(text, at, start, count, foldsCase) { return true }
            at += 1
        }
        return false
    }
}
