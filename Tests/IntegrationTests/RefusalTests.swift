import DevBroker
import EventHubs
import Foundation
import HubwatchRuntime
import StateStore
import Testing

/// Goal: what cannot work ends with an error that says what, where and what to do; what may heal is waited for;
/// nothing of a state file is lost.
///
/// Method: one hubwatch against a broker or a state file that refuses.
@Suite(.timeLimit(.minutes(3))) struct RefusalTests {
    private func failure(_ hub: HubFixture, _ settings: [String: String] = [:]) async -> HubwatchError? {
        do {
            try await hub.runToEnd(settings)
            return nil
        } catch {
            return error as? HubwatchError
        }
    }

    private func code(_ error: HubwatchError?) -> EventHubsError.Code? {
        if case .eventHubs(let inner)? = error { return inner.code }
        return nil
    }

    @Test func aWrongKeyIsRefusedAndNotShown() async throws {
        let policy = AccessPolicy(name: "listen", key: "right-key", rights: .listen)
        try await HubFixture.with(partitions: 1, policies: [policy]) { hub in
            let string =
                "Endpoint=sb://127.0.0.1:\(hub.port);SharedAccessKeyName=listen;SharedAccessKey=wrong-key-c2VjcmV0;UseDevelopmentEmulator=true;EntityPath=logs"
            let error = await failure(hub, ["source.connection_string": string])
            #expect(code(error) == .unauthorized, "\(String(describing: error))")
            #expect(!"\(String(describing: error))".contains("wrong-key"))
            #expect(!hub.log.contains("wrong-key"))
            let right = string.replacing("wrong-key-c2VjcmV0", with: "right-key")
            try await hub.runToEnd(["source.connection_string": right])
        }
    }

    @Test func anExpiredTokenIsRefused() async throws {
        let policy = AccessPolicy(name: "listen", key: "k", rights: .listen)
        try await HubFixture.with(partitions: 1, policies: [policy]) { hub in
            let token = SASToken(
                resource: "sb://127.0.0.1:\(hub.port)/logs", keyName: "listen", key: Secret("k"), expiry: 1_600_000_000)
            let string =
                "Endpoint=sb://127.0.0.1:\(hub.port);SharedAccessSignature=\(token.text.revealed);UseDevelopmentEmulator=true;EntityPath=logs"
            let error = await failure(hub, ["source.connection_string": string])
            #expect(code(error) == .tokenExpired || code(error) == .unauthorized, "\(String(describing: error))")
        }
    }

    @Test func anUnknownHubAndAnUnknownGroupAreNamed() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            let string =
                "Endpoint=sb://127.0.0.1:\(hub.port);SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true;EntityPath=nowhere"
            let unknown = await failure(hub, ["source.connection_string": string])
            #expect(code(unknown) == .notFound)
            #expect("\(String(describing: unknown))".contains("nowhere"))
            let group = await failure(hub, ["source.consumer_group": "strangers"])
            #expect(code(group) == .notFound)
            #expect("\(String(describing: group))".contains("strangers"))
        }
    }

    @Test func anAuthorityThatIsNotTrustedIsRefusedAndOneThatIsWorks() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            let string =
                "Endpoint=sb://localhost:\(hub.tlsPort);SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=logs"
            let refused = await failure(hub, ["source.connection_string": string])
            #expect(code(refused) == .tlsRefused, "\(String(describing: refused))")
            let authority = hub.path("ca.pem")
            try #require(hub.broker.certificateAuthorityPEM).write(toFile: authority, atomically: true, encoding: .utf8)
            try hub.append([Records.keyListing(correlation: "over-tls")], partition: 0)
            try await hub.runToEnd(["source.connection_string": string, "source.ca_file": authority])
            #expect(try hub.findings().count == 1)
        }
    }

    @Test func aHubThatCannotBeReachedIsWaitedFor() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            let string =
                "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true;EntityPath=logs"
            try await hub.whileRunning(["source.connection_string": string]) { _ in
                try await hub.eventually("the loss is said") { hub.log.contains("127.0.0.1:1") }
            }
            #expect(hub.log.contains("Connection refused"))
        }
    }

    @Test func rulesThatNeedAllPartitionsStopAPartialInstance() async throws {
        try await HubFixture.with(partitions: 4) { hub in
            let error = await failure(hub, ["source.instance": "1/2"])
            guard case .rulesNeedAllPartitions(let rules, let partitions, let count)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(rules.count == 1 && rules[0].contains("azure_openai_model_theft.toml"))
            #expect(partitions == [0, 2] && count == 4)
            for partition in 0..<4 {
                try hub.append(
                    (0..<120).map { _ in Records.auditListKey(account: "acct-\(partition)") }, partition: partition)
            }
            let status = try await hub.runToEnd(["source.instance": "1/2", "rules.allow_partial": "true"])
            #expect(status.messages == 240)
            let partial = try hub.findings().compactMap {
                ($0["unmapped"] as? [String: Any])?["partial_partitions"] as? [Int]
            }
            #expect(!partial.isEmpty && partial.allSatisfy { $0 == [0, 2] })
        }
    }

    @Test func partitionsThatDoNotExistAreNamed() async throws {
        try await HubFixture.with(partitions: 2) { hub in
            let error = await failure(hub, ["source.partitions": "0-3", "rules.allow_partial": "true"])
            guard case .noSuchPartitions? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func twoInstancesOnOnePartitionExcludeEachOther() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            try await hub.whileRunning { first in
                try await hub.eventually("first is attached") {
                    first.status.snapshot.partitions[0]?.isAttached == true
                }
                let other = ["state.path": hub.path("other.db"), "findings.file": hub.path("other.ndjson")]
                try await hub.whileRunning(other) { second in
                    try await hub.eventually("second is attached") {
                        second.status.snapshot.partitions[0]?.isAttached == true
                    }
                    try await hub.eventually("first has lost it") {
                        first.status.snapshot.partitions[0]?.isAttached == false
                    }
                    #expect(hub.log.contains("Another reader has taken this partition"))
                    try hub.append([Records.keyListing(correlation: "one")], partition: 0)
                    try await hub.eventually("second reads") { second.status.snapshot.messages == 1 }
                    #expect(first.status.snapshot.messages == 0)
                    #expect(first.status.snapshot.partitions[0]?.isAttached == false, "it does not steal back")
                }
            }
        }
    }

    @Test func aHubThatWasMadeAnewIsNotSkippedInto() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            try hub.append([Records.keyListing(correlation: "old")], partition: 0)
            try await hub.runToEnd()
            try hub.broker.deleteHub(hub.hub)
            try hub.broker.put(HubDefinition(name: hub.hub, partitionCount: 1))
            try hub.append(
                [Records.keyListing(correlation: "new-1"), Records.keyListing(correlation: "new-2")], partition: 0)
            let error = await failure(hub, ["source.on_recreated": "stop"])
            guard case .eventsMissing(partition: 0, after: 0, cause: .recreated, missing: nil)? = error else {
                Issue.record("the recreated hub was not noticed: \(String(describing: error))")
                return
            }
            #expect("\(String(describing: error))".contains("source.on_recreated"))
            #expect(try await hub.state { try await $0.positions().map(\.sequence) } == [0])
            #expect(try await hub.state { try await $0.gaps(of: nil, limit: 9) }.isEmpty)
        }
    }

    @Test func oneStateFileBelongsToOneProcessAndOneHub() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            try await hub.whileRunning { hubwatch in
                try await hub.eventually("attached") { hubwatch.status.snapshot.partitions[0]?.isAttached == true }
                guard case .store(let error)? = await failure(hub) else {
                    Issue.record("a second run opened the state file")
                    return
                }
                guard case .inUse = error.code else {
                    Issue.record("\(error)")
                    return
                }
            }
            try Data("not a database, but some other file of ours".utf8).write(to: URL(filePath: hub.path("other.db")))
            guard case .store(let error)? = await failure(hub, ["state.path": hub.path("other.db")]) else {
                Issue.record("a strange file was taken for a state file")
                return
            }
            #expect(error.code == .notOurs)
            #expect(try String(contentsOfFile: hub.path("other.db"), encoding: .utf8).hasPrefix("not a database"))
        }
    }
}
