import AMQPTypes
import DevBroker
import Foundation
import Logging
import NIOPosix
import Testing

/// Goal: hubs kept in a folder come back as they were, whatever instant the broker ended at.
///
/// Method: brokers that never listen, over one folder; files cut at every byte of the last record.
@Suite struct DataFolderTests {
    private func broker(_ folder: URL, hubs: [HubDefinition] = []) throws -> DevBroker {
        try DevBroker(
            configuration: DevBrokerConfiguration(listeners: [], hubs: hubs, dataFolder: folder.path),
            group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "test"))
    }

    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hubs-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func message(_ text: String) -> AMQPMessage { AMQPMessage(body: .data([Array(text.utf8)])) }

    @Test func aHubComesBackWithItsEvents() throws {
        try withFolder { folder in
            let hub = HubDefinition(name: "a/b", partitionCount: 2, consumerGroups: ["team"])
            let first = try broker(folder, hubs: [hub])
            for number in 0..<100 { try first.append([message("event \(number)")], hub: "a/b", partition: "1") }
            let before = try #require(first.hubs.first)
            let second = try broker(folder)
            let after = try #require(second.hubs.first)
            #expect(after == before)
            let next = try second.append([message("one more")], hub: "a/b", partition: "1")
            #expect(next.first?.sequenceNumber == 100)
            let third = try broker(folder, hubs: [HubDefinition(name: "a/b", partitionCount: 3)])
            #expect(third.hubs.first?.partitions.count == 3)
            #expect(third.hubs.first?.createdAt == before.createdAt)
            #expect(third.hubs.first?.partitions[1].lastSequenceNumber == 100)
        }
    }

    @Test func aTornLastRecordIsCut() throws {
        try withFolder { folder in
            let first = try broker(folder, hubs: [HubDefinition(name: "h", partitionCount: 1)])
            try first.append([message("whole")], hub: "h", partition: "0")
            let file = folder.appending(path: "h/0.events")
            let whole = try Data(contentsOf: file)
            try first.append([message("torn")], hub: "h", partition: "0")
            let both = try Data(contentsOf: file)
            for length in whole.count..<both.count {
                try both.prefix(length).write(to: file)
                #expect(try broker(folder).hubs.first?.partitions[0].lastSequenceNumber == 0)
                #expect(try Data(contentsOf: file) == whole)
            }
            var flipped = both
            flipped[both.count - 1] ^= 1
            try flipped.write(to: file)
            #expect(try broker(folder).hubs.first?.partitions[0].lastSequenceNumber == 0)
        }
    }

    @Test func aDeletedHubStaysDeleted() throws {
        try withFolder { folder in
            let first = try broker(folder, hubs: [HubDefinition(name: "h", partitionCount: 1)])
            try first.deleteHub("H")
            #expect(try broker(folder).hubs.isEmpty)
        }
    }

    @Test func anUnusableFolderIsNamed() throws {
        #expect(throws: DevBrokerError.self) { try broker(URL(filePath: "/proc/nowhere")) }
        try withFolder { folder in
            try FileManager.default.createDirectory(at: folder.appending(path: "x"), withIntermediateDirectories: true)
            try Data("{".utf8).write(to: folder.appending(path: "x/hub.json"))
            #expect { try broker(folder) } throws: { "\($0)".contains("hub.json") }
        }
    }
}
