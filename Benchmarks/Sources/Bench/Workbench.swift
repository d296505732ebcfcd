import Foundation

/// What groups measure with: programs, a folder, samples, brokers.
final class Workbench {
    let tools: String
    let peers: String
    let python: String?
    let rounds: Int
    let folder: String
    let overloadSeconds: Int
    private var samples: [String: String] = [:]
    private var programs = 0
    private let started = ContinuousClock.now

    init(tools: String, peers: String, python: String, rounds: Int, overloadSeconds: Int) throws {
        self.tools = tools
        self.peers = peers
        self.python = access(python, X_OK) == 0 ? python : nil
        self.rounds = rounds
        self.overloadSeconds = overloadSeconds
        folder = NSTemporaryDirectory() + "hubwatch-bench-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Seconds since the start.
    var elapsed: Double { started.duration(to: .now).seconds }

    /// A line about what happens now.
    func say(_ text: String) {
        let seconds = Int(elapsed)
        FileHandle.standardError.write(Data("[\(seconds / 60):\(String(format: "%02d", seconds % 60))] \(text)\n".utf8))
    }

    /// Starts one of hubwatch's programs.
    func tool(_ name: String, _ arguments: [String]) throws -> Program {
        try start("\(tools)/\(name)", arguments)
    }

    func start(_ path: String, _ arguments: [String]) throws -> Program {
        programs += 1
        return try Program(path, arguments, log: "\(folder)/program-\(programs).log")
    }

    /// Runs a program that says one line.
    func round(_ path: String, _ arguments: [String], within seconds: Double = 120) throws -> Round {
        let program = try start(path, arguments)
        let round = try program.object(Round.self, within: seconds)
        // What has said its line may take long to close its links.
        program.kill()
        program.wait()
        return round
    }

    func python(_ script: String, _ arguments: [String]) -> (path: String, arguments: [String])? {
        python.map { ($0, ["Benchmarks/Peers/\(script)"] + arguments) }
    }

    /// Whether the Python environment has a module.
    func hasModule(_ name: String) -> Bool {
        guard let python, let program = try? start(python, ["-c", "import \(name)"]) else { return false }
        return program.wait().status == 0
    }

    /// A sample of real-shaped logs with some attacks among them, one body a line.
    func sample(records: Int) throws -> String {
        let name = "\(folder)/sample-\(records).ndjson"
        if samples[name] != nil { return name }
        let words = [
            "generate", "--records", "\(records)", "--seed", "7", "--start", "2026-11-21T10:00:00Z", "-o", name,
        ]
        guard try tool("hubwatch", words).wait().status == 0 else { throw BenchFailure("no sample was generated") }
        samples[name] = name
        return name
    }

    /// The same records in bodies of a size at most.
    func sample(records: Int, bodyBytes: Int) throws -> String {
        let name = "\(folder)/sample-\(records)-\(bodyBytes).ndjson"
        if samples[name] != nil { return name }
        let data = try Data(contentsOf: URL(filePath: sample(records: records)))
        try Envelopes.repacked(data, bodyBytes: bodyBytes).write(to: URL(filePath: name))
        samples[name] = name
        return name
    }

    /// Starts a dev broker that keeps its hubs in memory.
    func broker(_ hubs: [String]) throws -> Broker {
        let ready = "\(folder)/ready-\(programs).json"
        let authority = "\(folder)/authority-\(programs).pem"
        let words =
            ["devbroker"] + hubs.flatMap { ["--hub", $0] } + [
                "--port", "0", "--tls-port", "0", "--no-admin", "--ca-output", authority, "--ready-file", ready,
                "--log-level", "error",
            ]
        let program = try tool("hubwatch", words)
        for _ in 0..<300 {
            if let data = FileManager.default.contents(atPath: ready) {
                let ports = try JSONDecoder().decode([String: Int].self, from: data)
                guard let plain = ports["amqp"], let tls = ports["amqps"] else { break }
                return Broker(program: program, port: plain, tlsPort: tls, authority: authority)
            }
            usleep(100_000)
        }
        throw BenchFailure("the dev broker did not start")
    }

    /// Fills a hub; what the filling took.
    @discardableResult
    func fill(_ broker: Broker, _ hub: String, _ arguments: [String], partitions: Int = 1) throws -> Round {
        let words = ["publish", "--port", "\(broker.port)", "--hub", hub, "--partitions", "\(partitions)"] + arguments
        return try round("\(tools)/measure", words, within: 300)
    }

    /// A folder for one run's files.
    func newFolder() throws -> String {
        programs += 1
        let path = "\(folder)/run-\(programs)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}

/// A dev broker that runs.
struct Broker {
    let program: Program
    let port: Int
    let tlsPort: Int
    let authority: String
}

/// Packing records into bodies of another size, without touching their bytes.
enum Envelopes {
    static func repacked(_ data: Data, bodyBytes: Int) -> Data {
        var output = Data()
        let start = Array(#"{"records":["#.utf8)
        var body: [UInt8] = []
        func close() {
            guard !body.isEmpty else { return }
            output.append(contentsOf: start + body + Array("]}\n".utf8))
            body = []
        }
        for line in data.split(separator: 10) {
            for record in records(Array(line)) {
                if body.count + record.count + start.count + 3 > bodyBytes { close() }
                if !body.isEmpty { body.append(UInt8(ascii: ",")) }
                body += record
            }
        }
        close()
        return output
    }

    /// The objects directly inside the list of an envelope.
    private static func records(_ line: [UInt8]) -> [ArraySlice<UInt8>] {
        var found: [ArraySlice<UInt8>] = []
        var depth = 0
        var begin = 0
        var (inString, isEscaped) = (false, false)
        for (index, byte) in line.enumerated() {
            if inString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: "{"):
                depth += 1
                if depth == 2 { begin = index }
            case UInt8(ascii: "}"):
                if depth == 2 { found.append(line[begin...index]) }
                depth -= 1
            default: break
            }
        }
        return found
    }
}
