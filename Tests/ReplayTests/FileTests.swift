import CZlib
import DiagnosticLogs
import Foundation
import Testing

@testable import HubwatchRuntime

/// Goal: any cutting of any bytes gives the same messages as reading them whole, within bounds.
@Suite struct LineTests {
    private static func cut(
        _ text: String, pieces: Int, form: MessageLines.Form? = nil, bytesMax: Int = 1000
    ) -> [(line: Int64, text: String)] {
        var lines = MessageLines(form: form, bytesMax: bytesMax)
        var found: [(Int64, String)] = []
        func take(atEnd: Bool) {
            while let message = lines.next(atEnd: atEnd) {
                found.append((message.line, lines.withBytes(message.range) { String(decoding: $0, as: UTF8.self) }))
            }
        }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            Array(rest.prefix(pieces)).withUnsafeBytes { lines.append($0) }
            rest = rest.dropFirst(pieces)
            take(atEnd: false)
        }
        take(atEnd: true)
        return found
    }

    @Test(arguments: [1, 2, 3, 7, 1000])
    func linesAreTheSameHoweverTheyArrive(pieces: Int) {
        let found = Self.cut("{\"a\":1}\r\n\n  \n{\"b\":2}\nplain\n{\"c\":3}", pieces: pieces)
        #expect(found.map(\.text) == ["{\"a\":1}", "{\"b\":2}", "plain", "{\"c\":3}"])
        #expect(found.map(\.line) == [1, 4, 5, 6])
    }

    @Test(arguments: [1, 2, 3, 7, 1000])
    func documentsOverSeveralLinesAreMessages(pieces: Int) {
        let text = "{\n \"a\": \"}\\\"{\",\n \"b\": [1]\n}\n{\n \"c\": 3\n},\n[\n1\n]\n{\"torn\":"
        let found = Self.cut(text, pieces: pieces)
        #expect(
            found.map(\.text) == [
                "{\n \"a\": \"}\\\"{\",\n \"b\": [1]\n}", "{\n \"c\": 3\n}", "[\n1\n]", "{\"torn\":",
            ])
        #expect(found.map(\.line) == [1, 5, 8, 11])
    }

    @Test(arguments: [1, 5, 64, 1000])
    func aLineThatIsTooLongIsGivenCut(pieces: Int) {
        let long = String(repeating: "x", count: 300)
        let found = Self.cut("a\n\(long)\nb\n\(long)", pieces: pieces, bytesMax: 10)
        #expect(found.map(\.text) == ["a", String(repeating: "x", count: 10), "b", String(repeating: "x", count: 10)])
        #expect(found.map(\.line) == [1, 2, 3, 4])
    }

    @Test func everyRangeHasReadableBytesBehindIt() {
        var lines = MessageLines(bytesMax: 100)
        Array("abc".utf8).withUnsafeBytes { lines.append($0) }
        let message = lines.next(atEnd: true)
        #expect(message?.range == 0..<3)
        // One message that ends where the storage's content ends: the padding follows.
        let sum = lines.withBytes(0..<(3 + MessageLines.padding)) { $0.dropFirst(3).reduce(0) { $0 + Int($1) } }
        #expect(sum == 0)
    }
}

/// Goal: lines with a place are read back as they were written, and others are refused whole.
@Suite struct WrapperTests {
    private static let message = WrappedMessage(
        partition: 3, sequence: 17, offset: "4312", enqueued: Timestamp(milliseconds: 1_769_860_800_123),
        body: Array("{\"records\":[{\"a\":\"}\\\"\"}]}".utf8))

    private static func read(_ text: String) -> WrappedMessage? {
        Array(text.utf8).withUnsafeBytes { WrappedMessage(line: $0) }
    }

    @Test func whatIsWrittenIsRead() {
        for isJSON in [true, false] {
            let line = Self.message.line(isJSON: isJSON)
            #expect(line.withUnsafeBytes { WrappedMessage.isWrapped($0) })
            #expect(line.withUnsafeBytes { WrappedMessage(line: $0) } == Self.message)
        }
    }

    @Test func textIsUnescaped() {
        let line =
            #"{ "partition": 0, "sequence": 1, "enqueued": "2026-01-31T12:00:00Z", "text": "a\n\"\u00e9\ud83d\ude00" }"#
        #expect(Self.read(line)?.body == Array("a\n\"é😀".utf8))
    }

    @Test(arguments: [
        "", "{", "{}", "[1]", #"{"partition":1}"#,
        #"{"partition":-1,"sequence":1,"enqueued":"2026-01-31T12:00:00Z","body":{}}"#,
        #"{"partition":1,"sequence":1,"enqueued":"then","body":{}}"#,
        #"{"partition":1,"sequence":1,"enqueued":"2026-01-31T12:00:00Z","body":{}"#,
        #"{"partition":1,"sequence":1,"enqueued":"2026-01-31T12:00:00Z","body":{}} x"#,
        #"{"partition":1,"sequence":1,"enqueued":"2026-01-31T12:00:00Z","body":{},"text":"a"}"#,
        #"{"partition":1,"partition":1,"sequence":1,"enqueued":"2026-01-31T12:00:00Z","body":{}}"#,
        #"{"partition":1,"sequence":99999999999999999999,"enqueued":"2026-01-31T12:00:00Z","body":{}}"#,
        #"{"partition":1,"sequence":1,"enqueued":"2026-01-31T12:00:00Z","base64":"!"}"#,
        #"{"partition":1,"sequence":1,"enqueued":"2026-01-31T12:00:00Z","text":"a\"#,
        #"{"partition":1,"sequence":1,"enqueued":"2026-01-31T12:00:00Z","text":"\u12"}"#,
    ])
    func otherLinesAreRefused(line: String) { #expect(Self.read(line) == nil) }

    @Test func everyPrefixOfALineIsRefused() {
        let line = Self.message.line(isJSON: true)
        for count in 0..<line.count {
            #expect(Array(line.prefix(count)).withUnsafeBytes { WrappedMessage(line: $0) } == nil)
        }
    }
}

/// Goal: gzip is unpacked whatever its members and pieces, and damage is told with its place.
@Suite struct GzipTests {
    static func packed(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        guard deflateInit2_(&stream, 6, Z_DEFLATED, 31, 8, 0, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return [] }
        defer { deflateEnd(&stream) }
        var bytes = bytes
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))) + 64)
        let room = output.count
        let made = bytes.withUnsafeMutableBytes { input in
            output.withUnsafeMutableBytes { output in
                stream.next_in = input.bindMemory(to: UInt8.self).baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.bindMemory(to: UInt8.self).baseAddress
                stream.avail_out = UInt32(room)
                _ = deflate(&stream, Z_FINISH)
                return room - Int(stream.avail_out)
            }
        }
        return Array(output.prefix(made))
    }

    private static func unpack(_ bytes: [UInt8], pieces: Int) throws(GzipStream.Damage) -> [UInt8] {
        let stream = GzipStream(outputBytes: 50)
        var found: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            try stream.unpack(rest.prefix(pieces)) { found += Array($0) }
            rest = rest.dropFirst(pieces)
        }
        try stream.finish()
        return found
    }

    private static let text = Array((0..<500).map { "line \($0) of many" }.joined(separator: "\n").utf8)

    @Test(arguments: [1, 3, 100, 100_000])
    func membersFollowEachOther(pieces: Int) throws {
        let packed = Self.packed(Self.text)
        #expect(try Self.unpack(packed, pieces: pieces) == Self.text)
        #expect(try Self.unpack(packed + packed, pieces: pieces) == Self.text + Self.text)
        #expect(try Self.unpack(packed + [0, 0, 0], pieces: pieces) == Self.text)
    }

    @Test func damageIsToldWithItsPlace() throws {
        let packed = Self.packed(Self.text)
        for count in [1, 5, 20, packed.count - 1] {
            let damage = #expect(throws: GzipStream.Damage.self) {
                try Self.unpack(Array(packed.prefix(count)), pieces: 7)
            }
            #expect(damage?.byte == Int64(count) && damage?.reason.contains("cut") == true)
        }
        var torn = packed
        torn[packed.count / 2] ^= 0xFF
        #expect(throws: GzipStream.Damage.self) { try Self.unpack(torn, pieces: 1000) }
        let behind = #expect(throws: GzipStream.Damage.self) { try Self.unpack(packed + [7, 7], pieces: 1000) }
        #expect(behind?.byte == Int64(packed.count))
    }
}

/// Goal: files give their messages with the places that the rules state, packed or not, and refuse what they cannot be.
@Suite struct MessageFileTests {
    private static let now = Timestamp(milliseconds: 1_769_860_800_000)

    private static func places(
        _ bytes: [UInt8], enqueued: Timestamp? = nil
    ) throws -> [(MessageFile.Place, String)] {
        let url = FileManager.default.temporaryDirectory.appending(path: "hubwatch-\(UUID().uuidString)")
        try Data(bytes).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        let file = try MessageFile(
            path: url.path, options: MessageFile.Options(enqueued: enqueued, messageBytesMax: 10_000, now: now))
        var found: [(MessageFile.Place, String)] = []
        try file.open()
        while let head = file.head {
            found.append((head, file.withBody { String(decoding: $0, as: UTF8.self) }))
            try file.advance()
        }
        #expect(file.bytesRead == Int64(bytes.count))
        return found
    }

    private static func record(_ time: String) -> String {
        "{\"records\":[{\"time\":\"\(time)\",\"category\":\"Audit\"}]}"
    }

    @Test func bareBodiesCountAsEnqueuedWithTheirNewestRecord() throws {
        let times = [
            "2026-01-31T10:00:00.5Z", "2026-01-31T09:00:00Z", "2027-01-31T09:00:00Z", "2026-01-31T11:00:00.0001Z",
        ]
        let text = times.map(Self.record).joined(separator: "\n")
        for bytes in [Array(text.utf8), GzipTests.packed(Array(text.utf8))] {
            let found = try Self.places(bytes)
            #expect(found.map(\.0.sequence) == [1, 2, 3, 4])
            #expect(found.allSatisfy { $0.0.partition == nil })
            // Never back, never from the future, and rounded up to what a broker stamps.
            #expect(
                found.map { String($0.0.enqueued.iso8601.prefix(23)) } == [
                    "2026-01-31T10:00:00.500", "2026-01-31T10:00:00.500", "2026-01-31T10:00:00.500",
                    "2026-01-31T11:00:00.001",
                ])
            #expect(found.map(\.1) == times.map(Self.record))
        }
    }

    @Test func aFixedTimeHoldsForAll() throws {
        let found = try Self.places(Array(Self.record("2026-01-31T10:00:00Z").utf8), enqueued: Self.now)
        #expect(found.map(\.0.enqueued) == [Self.now])
    }

    @Test func wrappedMessagesKeepTheirPlace() throws {
        let message = WrappedMessage(
            partition: 2, sequence: 40, offset: "7", enqueued: Self.now, body: Array("{\"records\":[]}".utf8))
        let bytes = message.line(isJSON: true) + Array("\n{\"partition\":2,\"sequence\":".utf8)
        let found = try Self.places(bytes)
        #expect(found.count == 2)
        #expect(found[0].0 == MessageFile.Place(partition: 2, sequence: 40, offset: "7", enqueued: Self.now))
        #expect(found[0].1 == "{\"records\":[]}")
        #expect(found[1].0.isUnusable)
    }

    @Test func otherFormsAreRefusedByName() {
        #expect { try Self.places([0x28, 0xB5, 0x2F, 0xFD, 0, 0]) } throws: { "\($0)".contains("is zstd") }
        #expect { try Self.places(Array(GzipTests.packed([1, 2, 3]).dropLast(3))) } throws: {
            "\($0)".contains("cut") && ($0 as? ReplayError)?.code == .badInput
        }
        #expect(throws: ReplayError(.notFound, "there is no file '/nowhere'")) {
            try MessageFile(
                path: "/nowhere", options: .init(enqueued: nil, messageBytesMax: 100, now: Self.now))
        }
    }

    @Test func rulesAreMeantByIDTitleOrFile() {
        #expect(ShadowSelection.matches("Azure AI keys listed", "azure ai*"))
        #expect(ShadowSelection.matches("abcabd", "*abd"))
        #expect(ShadowSelection.matches("", "*"))
        #expect(!ShadowSelection.matches("abc", "ab"))
        #expect(!ShadowSelection.matches("abc", "*x*"))
    }
}
