import DevBroker
import Diagnosis
import Doctor
import EventHubs
import Foundation

extension SeededFault {
    /// A broker that checks keys and claims.
    private static func strict(
        _ ward: Ward, credential: String, rights: AccessPolicy.Rights = .listen,
        _ adjust: (inout DevBrokerConfiguration) -> Void = { _ in }
    ) async throws -> Report {
        try await ward.withBroker {
            $0.policies = [AccessPolicy(name: "listen", key: Ward.key, rights: rights)]
            $0.isAuthStrict = true
            adjust(&$0)
        } _: { clinic in
            try clinic.append(2)
            return await ward.examine([
                "source.connection_string": Ward.connection(port: clinic.port, credential: credential)
            ])
        }
    }

    private static func signature(hub: String, expiry: Int64) -> String {
        let token = SASToken(
            resource: "sb://127.0.0.1/\(hub)", keyName: "listen", key: Secret(Ward.key), expiry: expiry)
        return "SharedAccessSignature=\(token.text.revealed)"
    }

    static let tokens: [SeededFault] = [
        SeededFault("wrong key", "key-wrong", ["key of policy listen is wrong", "InvalidSignature"]) {
            try await strict($0, credential: "SharedAccessKeyName=listen;SharedAccessKey=YW5vdGhlci1rZXk=")
        },
        SeededFault("unknown policy", "policy-unknown", ["does not know policy nobody"]) {
            try await strict($0, credential: "SharedAccessKeyName=nobody;SharedAccessKey=\(Ward.key)")
        },
        SeededFault("expired token", "token-expired", ["has expired"]) {
            try await strict($0, credential: signature(hub: "logs", expiry: 1_600_000_000))
        },
        SeededFault("token for another hub", "token-for-other-resource", ["not for sb://127.0.0.1/logs"]) {
            try await strict($0, credential: signature(hub: "other", expiry: 4_000_000_000))
        },
        SeededFault("this machine's clock far behind", "token-stale", ["expired for the broker", "clock is behind"]) {
            try await strict($0, credential: "SharedAccessKeyName=listen;SharedAccessKey=\(Ward.key)") {
                $0.clock = BrokerClock(aheadMs: 3 * 3_600_000).read
            }
        },
        SeededFault("no Listen claim", "listen-missing", ["no Listen claim", "Data Receiver"]) {
            try await strict(
                $0, credential: "SharedAccessKeyName=listen;SharedAccessKey=\(Ward.key)", rights: .send)
        },
    ]

    /// A broker with two events, and changes of the settings.
    private static func healthy(
        _ ward: Ward, _ changes: [String: String] = [:], hub: String = "logs", partitions: Int = 2,
        _ adjust: (inout DevBrokerConfiguration) -> Void = { _ in },
        before: (Clinic) async throws -> Void = { _ in }
    ) async throws -> Report {
        try await ward.withBroker(partitions: partitions, adjust) { clinic in
            try clinic.append(2)
            try await before(clinic)
            let connection = ["source.connection_string": Ward.connection(port: clinic.port, hub: hub)]
            return await ward.examine(connection.merging(changes) { $1 })
        }
    }

    static let entities: [SeededFault] = [
        SeededFault("unknown hub", "hub-unknown", ["there is no hub nowhere"]) {
            try await healthy($0, hub: "nowhere")
        },
        SeededFault("service that throttles", "hub-busy", ["busy", "throughput units"]) {
            try await healthy($0) { $0.faults = try? FaultScript(parsing: "on request do throttle", file: "busy") }
        },
        SeededFault("partitions that the hub does not have", "partitions-missing", ["0-7", "the hub has 2"]) {
            try await healthy($0, ["source.partitions": "0-7", "rules.allow_partial": "true"])
        },
        SeededFault("part of the partitions, and a rule that counts over all", "partitions-shared", ["2 partitions"]) {
            ward in
            let pack = Ward.root.appending(path: "Config/rules").path
            return try await healthy(ward, ["source.instance": "1/2", "rules.paths": pack])
        },
        SeededFault("hub without events", "hub-empty", ["no event was ever sent", "diagnostic settings"]) { ward in
            try await ward.withBroker { clinic in
                await ward.examine(["source.connection_string": Ward.connection(port: clinic.port)])
            }
        },
        SeededFault("hub that has been quiet for days", "hub-quiet", ["3 days old"]) { ward in
            let clock = BrokerClock(aheadMs: -3 * 86_400_000 - 60_000)
            return try await ward.withBroker {
                $0.retention = nil
                $0.clock = clock.read
            } _: { clinic in
                try clinic.append(2)
                clock.set(aheadMs: 0)
                return await ward.examine(["source.connection_string": Ward.connection(port: clinic.port)])
            }
        },
        SeededFault("unknown consumer group", "group-unknown", ["no consumer group strangers"]) {
            try await healthy($0, ["source.consumer_group": "strangers"])
        },
        SeededFault("clock that differs by 100 seconds", "clock-off", ["ahead of the broker", "allows for 5 s"]) {
            try await healthy($0) { $0.clock = BrokerClock(aheadMs: -100_000).read }
        },
        SeededFault("clock that differs by an hour", "clock-far", ["behind the broker", "NTP"]) {
            try await healthy($0) { $0.clock = BrokerClock(aheadMs: 3_720_000).read }
        },
    ]

    /// The report while others read.
    private static func beside(
        _ rivals: [(level: Int64?, name: String)], _ ward: Ward, _ changes: [String: String]
    ) async throws -> Report {
        try await ward.withBroker(partitions: 1) { clinic in
            try clinic.append(2)
            func nested(_ left: ArraySlice<(level: Int64?, name: String)>) async throws -> Report {
                guard let first = left.first else {
                    let connection = ["source.connection_string": Ward.connection(port: clinic.port)]
                    return await ward.examine(connection.merging(changes) { $1 })
                }
                return try await Rival(port: clinic.port, ownerLevel: first.level, name: first.name)
                    .reading(partitions: 1) { try await nested(left.dropFirst()) }
            }
            return try await nested(rivals[...])
        }
    }

    /// A hub that has dropped ten events, of which four were read.
    private static func overrun(_ ward: Ward, _ changes: [String: String]) async throws -> Report {
        let clock = BrokerClock(aheadMs: -3 * 3_600_000)
        return try await ward.withBroker(partitions: 1) {
            $0.retention = .seconds(3600)
            $0.clock = clock.read
        } _: { clinic in
            try clinic.append(10)
            clock.set(aheadMs: 0)
            try clinic.append(3)
            try await ward.commit([(0, 3)], created: clinic.created)
            let connection = ["source.connection_string": Ward.connection(port: clinic.port)]
            return await ward.examine(connection.merging(changes) { $1 })
        }
    }

    static let readers: [SeededFault] = [
        SeededFault("reader with a higher owner level", "owner-stronger", ["owner level 7", "ours is 0"]) {
            try await beside([(7, "rival")], $0, [:])
        },
        SeededFault("reader with the same owner level", "owner-contested", ["owner level 0", "takes them away"]) {
            try await beside([(0, "rival")], $0, [:])
        },
        SeededFault("five receivers already", "receivers-full", ["five receivers", "rival-3"]) {
            try await beside((1...5).map { (nil, "rival-\($0)") }, $0, ["source.owner_level": "none"])
        },
        SeededFault("retention that has overrun the saved position", "retention-overrun", ["6 events", "gap"]) {
            try await overrun($0, [:])
        },
        SeededFault("the same, and source.on_overrun is stop", "retention-overrun-stops", ["on_overrun is stop"]) {
            try await overrun($0, ["source.on_overrun": "stop"])
        },
        SeededFault("hub that was deleted and made again", "hub-recreated", ["deleted and made again"]) { ward in
            try await healthy(
                ward, partitions: 1, before: { try await ward.commit([(0, 1)], created: $0.created - 86_400_000) })
        },
        SeededFault(
            "position beyond the end", "position-beyond-end-stops", ["500 lies beyond the end", "newest event is 1"]
        ) { ward in
            try await healthy(ward, partitions: 1, before: { try await ward.commit([(0, 500)], created: $0.created) })
        },
    ]
}
