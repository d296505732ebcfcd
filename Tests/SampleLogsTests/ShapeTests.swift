import Foundation
import Testing

@testable import SampleLogs

/// Goal: what is generated looks like what Azure streams, and names nobody and nothing real.
///
/// Method: read samples back and check shapes, shares, times, sizes and every address and name in them.
@Suite("Shape of the records")
struct ShapeTests {
    @Test("A user's activity record has 26 claims and a full authorization")
    func claims() throws {
        let read = try ReadBack(configuration(seed: 1, records: 2_000))
        let users = read.records.filter { $0.claims["idtyp"] as? String == "user" }
        #expect(users.count > 100)
        for record in users {
            #expect(record.claims.count == 26)
            #expect(record.claims.values.allSatisfy { $0 is String })
            let authorization = (record.member("identity") as? [String: Any])?["authorization"] as? [String: Any]
            let evidence = authorization?["evidence"] as? [String: Any]
            #expect(evidence?["principalType"] as? String == "User")
            #expect((evidence?["principalId"] as? String)?.count == 32)
        }
    }

    @Test("Start, Accept and the end of one operation share a correlation id, in that order")
    func triples() throws {
        var configuration = configuration(seed: 7, records: 4_000)
        configuration.attacks = .none
        configuration.mix = try LogMix(parsing: "activity=1")
        let read = try ReadBack(configuration)
        var operations: [String: [String]] = [:]
        for record in read.records {
            operations[record.text("correlationId"), default: []].append(record.text("resultType"))
        }
        let shapes = Dictionary(grouping: operations.values) { $0.joined(separator: " ") }.mapValues(\.count)
        #expect(shapes["Start Accept Success", default: 0] > 300)
        #expect(shapes["Start Success", default: 0] > 300)
        #expect(shapes["Start Failure", default: 0] > 5)
        let known = [
            "Start Accept Success", "Start Accept Failure", "Start Success", "Start Failure", "Success", "Failure",
            "Start", "Start Accept",
        ]
        #expect(shapes.keys.allSatisfy(known.contains))
        #expect(shapes["Start", default: 0] + shapes["Start Accept", default: 0] < 130)
        #expect(Set(read.records.map { $0.text("operationName") }).count > 15)
    }

    @Test("The mix is kept to within two percent", arguments: ["activity=40,openai=50,signin=10", "noise=1,openai=3"])
    func shares(text: String) throws {
        var configuration = configuration(seed: 3, records: 20_000)
        configuration.attacks = .none
        configuration.mix = try LogMix(parsing: text)
        let read = try ReadBack(configuration)
        var counts = [0, 0, 0, 0]
        for record in read.records {
            switch record.text("category") {
            case "Administrative", "Policy": counts[0] += 1
            case "Audit", "RequestResponse", "Trace": counts[1] += 1
            case "SignInLogs", "ServicePrincipalSignInLogs": counts[2] += 1
            default: counts[3] += 1
            }
        }
        for family in LogFamily.allCases {
            let share = Double(counts[family.rawValue]) / 20_000
            let wanted = Double(configuration.mix.weight(of: family)) / Double(configuration.mix.total)
            #expect(abs(share - wanted) < 0.02, "\(family)")
        }
    }

    @Test("Properties of calls come as an object and as a JSON string")
    func propertiesForms() throws {
        var configuration = configuration(seed: 3, records: 4_000)
        configuration.mix = try LogMix(parsing: "requestresponse=1")
        let read = try ReadBack(configuration)
        let calls = read.records.filter { $0.text("category") == "RequestResponse" }
        let strings = calls.compactMap { $0.member("properties") as? String }
        #expect((calls.count / 6...calls.count / 3).contains(strings.count))
        for text in strings {
            let inner = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            #expect(inner?["responseLength"] is Int)
            #expect((inner?["requestTime"] as? Int64).map { $0 > 638_000_000_000_000_000 } == true)
        }
        #expect(strings.count + calls.compactMap { $0.member("properties") as? [String: Any] }.count == calls.count)
    }

    @Test("Every time is inside the span, and the facts of a message agree with its records")
    func times() throws {
        var configuration = configuration(seed: 11, records: 5_000)
        configuration.start = eight.advanced(byNanoseconds: 123_456_789)
        configuration.span = .seconds(1800)
        configuration.mix = try LogMix(parsing: "activity=3,openai=5,signin=1,noise=1")
        let read = try ReadBack(configuration)
        let last = configuration.start.advanced(byNanoseconds: 1_800_000_000_000)
        var ranges: [Int: (String, String)] = [:]
        for record in read.records {
            let time = record.text("time")
            #expect(time.utf8.count == 28)
            #expect(time >= configuration.start.text && time < last.text)
            let range = ranges[record.message] ?? (time, time)
            ranges[record.message] = (min(range.0, time), max(range.1, time))
        }
        for facts in read.facts {
            #expect(facts.firstEventTime.text == ranges[facts.index]?.0)
            #expect(facts.lastEventTime.text == ranges[facts.index]?.1)
            #expect(!facts.partitionKey.isEmpty)
        }
        #expect(read.facts.map(\.index) == Array(read.facts.indices))
        #expect(read.facts.map(\.records).reduce(0, +) == 5_000)
        #expect(read.expected.bytes == read.bodies.map(\.count).reduce(0, +))
    }

    @Test("Bodies keep their bounds: bytes, records, one line")
    func bounds() throws {
        var configuration = configuration(seed: 2, records: 3_000)
        configuration.bodyBytesMax = 40_000
        configuration.quirks = try QuirkRates(parsing: "all=0.01")
        let read = try ReadBack(configuration)
        #expect(read.bodies.allSatisfy { !$0.contains(0x0A) && !$0.isEmpty })
        for (facts, body) in zip(read.facts, read.bodies) where facts.quirk == nil { #expect(body.count <= 40_000) }
        configuration.quirks = .none
        configuration.recordsPerMessage = 1...1
        let single = try ReadBack(configuration)
        // Planted records whose time has come may share a message.
        #expect(single.facts.allSatisfy { (1...8).contains($0.records) })
        #expect(single.facts.filter { $0.records == 1 }.count > 2_000)
    }

    @Test("No gap of a template is left open, and nothing real is named")
    func namesNobody() throws {
        var configuration = configuration(seed: 21, records: 1_500)
        configuration.mix = try LogMix(parsing: "activity=1,openai=1,signin=1,noise=1")
        configuration.quirks = try QuirkRates(parsing: "all=0.01")
        let read = try ReadBack(configuration)
        for body in read.bodies {
            let text = String(decoding: body, as: UTF8.self)
            #expect(!text.contains("<"))
            for match in text.matches(of: /[0-9A-Za-z._-]+@([A-Za-z0-9.-]+)/) {
                #expect(match.output.1 == "example.com")
            }
            for match in text.matches(of: /"(\d+\.\d+\.\d+)\.(\d+|\*\*\*)[:"\\]/) {
                let networks = ["192.0.2", "198.51.100", "203.0.113"]
                // The version numbers of four parts are no addresses.
                let versions = ["0.48.1", "4.1041.200"]
                #expect((networks + versions).contains(String(match.output.1)))
            }
            for match in text.matches(of: /https?:\/\/([a-zA-Z0-9.-]+)/) {
                let host = String(match.output.1)
                let known = [
                    "management.core.windows.net", "management.azure.com", "sts.windows.net", "schemas.microsoft.com",
                    "schemas.xmlsoap.org",
                ]
                #expect(known.contains(host) || host.hasSuffix("example.com"), "\(host)")
            }
        }
    }
}
