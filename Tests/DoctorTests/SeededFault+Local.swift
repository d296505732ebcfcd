import DevBroker
import Diagnosis
import Doctor
import Foundation
import GRDB
import StateStore

extension SeededFault {
    /// What lies on this machine, with a source that is not even asked.
    private static func local(_ ward: Ward, _ changes: [String: String] = [:]) async -> Report {
        await ward.examine(["source.connection_string": Ward.connection(port: 1)].merging(changes) { $1 }) {
            $0.only = [.state, .disk, .rules, .sinks]
        }
    }

    static let files: [SeededFault] = [
        SeededFault("state path that is some other file", "state-not-ours", ["is no state file of hubwatch"]) { ward in
            try ward.write("not a database, but some other file of ours", "state.db")
            return await local(ward)
        },
        SeededFault("state file of a newer hubwatch", "state-newer", ["newer hubwatch", "99"]) { ward in
            try await ward.commit([(0, 1)], created: 1)
            try await DatabaseQueue(path: ward.path("state.db")).write {
                try $0.execute(sql: "PRAGMA user_version = 99")
            }
            return await local(ward)
        },
        SeededFault("damaged state file", "state-damaged", ["is damaged"]) { ward in
            try await ward.commit((0..<200).map { ($0, 1) }, created: 1)
            try await DatabaseQueue(path: ward.path("state.db")).write { db in
                try db.execute(sql: "CREATE TABLE wide (text TEXT)")
                for _ in 0..<200 {
                    try db.execute(sql: "INSERT INTO wide VALUES (?)", arguments: [String(repeating: "x", count: 900)])
                }
            }
            let file = try FileHandle(forUpdating: URL(filePath: ward.path("state.db")))
            let size = try file.seekToEnd()
            // All pages but the first two, which tell what the file is.
            for page in 2..<(size / 4096) {
                try file.seek(toOffset: page * 4096)
                try file.write(contentsOf: Data(repeating: 0x5a, count: 512))
            }
            try file.close()
            return await local(ward)
        },
        SeededFault("state file of another hub", "state-of-other-hub", ["ns.example/logs", "127.0.0.1/logs"]) { ward in
            try await ward.commit([(0, 1)], created: 1, namespace: "ns.example")
            return await local(ward)
        },
        SeededFault("state folder that is not there", "state-folder-missing", ["there is no folder"]) { ward in
            await local(ward, ["state.path": ward.path("nowhere/state.db")])
        },
        SeededFault("findings folder that is not there", "sink-folder-missing", ["there is no folder"]) { ward in
            await local(ward, ["findings.file": ward.path("nowhere/findings.ndjson")])
        },
        SeededFault("findings folder that nobody may write", "sink-unwritable", ["cannot be written"]) { ward in
            // The kernel's own folder: not even root may make files there.
            await local(ward, ["findings.file": "/sys/findings.ndjson"])
        },
        SeededFault("findings path that is a folder", "sink-not-a-file", ["is a folder"]) { ward in
            await local(ward, ["findings.file": ward.path("rules")])
        },
    ]

    static let rules: [SeededFault] = [
        SeededFault("rule folder that is not there", "rules-missing", ["no file or folder", "nowhere"]) { ward in
            await local(ward, ["rules.paths": ward.path("nowhere")])
        },
        SeededFault("rule that is refused", "rule-refused", ["broken.yml:", "Mend the rule"]) { ward in
            try ward.write("title: Broken\ndetection: nothing\n", "rules/broken.yml")
            return await local(ward)
        },
        SeededFault("the same, and rules.ignore_refused is false", "rule-refused-stops", ["rules.ignore_refused"]) {
            ward in
            try ward.write("title: Broken\ndetection: nothing\n", "rules/broken.yml")
            return await local(ward, ["rules.ignore_refused": "false"])
        },
        SeededFault("rule whose fields never appear", "fields-absent", ["'Tokens'", "properties.tokenCount"]) { ward in
            try ward.write(Ward.rule(title: "Tokens", "properties.tokenCount|gte: 100"), "rules/tokens.yml")
            return try await ward.withBroker { clinic in
                try clinic.append(20)
                return await ward.examine(["source.connection_string": Ward.connection(port: clinic.port)])
            }
        },
        SeededFault("rule for a log that never comes", "log-absent", ["'Sign-ins'", "signinlogs"]) { ward in
            try ward.write(
                Ward.rule(title: "Sign-ins", "ResultType: 50126", service: "signinlogs"), "rules/signin.yml")
            return try await ward.withBroker { clinic in
                try clinic.append(20)
                return await ward.examine(["source.connection_string": Ward.connection(port: clinic.port)])
            }
        },
        SeededFault("events that are no logs", "events-unreadable", ["none of the 20 newest messages"]) { ward in
            try await ward.withBroker { clinic in
                try clinic.append(20, partition: 0, Array("temperature=21.5".utf8))
                return await ward.examine(["source.connection_string": Ward.connection(port: clinic.port)])
            }
        },
    ]
}
