import Foundation

/// What the figures were measured on.
enum Machine {
    static func facts(_ bench: Workbench) -> [String: String] {
        var facts: [String: String] = [
            "processor": field("model name", in: "/proc/cpuinfo") ?? "unknown",
            "cores": "\(ProcessInfo.processInfo.activeProcessorCount)",
            "memory": field("MemTotal", in: "/proc/meminfo").map(gigabytes) ?? "unknown",
            "kernel": output("uname", ["-sr"], bench) ?? "unknown",
            "load at the start": load,
            "swift": output("swift", ["--version"], bench).map { $0.components(separatedBy: " (")[0] } ?? "unknown",
            "proton": output("pkg-config", ["--modversion", "libqpid-proton"], bench) ?? "unknown",
            "simdjson": output("pkg-config", ["--modversion", "simdjson"], bench) ?? "unknown",
            "hubwatch": output("\(bench.tools)/hubwatch", ["--version"], bench) ?? "unknown",
            "commit": output("git", ["describe", "--always", "--dirty"], bench) ?? "unknown",
        ]
        if let python = bench.python {
            let script =
                "import importlib.metadata as m\nfor n in ('azure-eventhub','orjson','duckdb','python-qpid-proton'):\n try: print(n, m.version(n), end='; ')\n except m.PackageNotFoundError: pass"
            facts["python"] = output(python, ["--version"], bench)
            facts["python packages"] = output(python, ["-c", script], bench)
        }
        return facts
    }

    private static var load: String {
        let text = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? ""
        return text.split(separator: " ").first.map(String.init) ?? "unknown"
    }

    private static func field(_ name: String, in file: String) -> String? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            return line.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
        }
        return nil
    }

    private static func gigabytes(_ text: String) -> String {
        guard let kilobytes = Double(text.split(separator: " ").first ?? "") else { return text }
        return "\(Int((kilobytes / 1048576).rounded())) GiB"
    }

    private static func output(_ path: String, _ arguments: [String], _ bench: Workbench) -> String? {
        guard let program = try? bench.start(path, arguments),
            let line = try? program.line(within: 20)
        else { return nil }
        return line.trimmingCharacters(in: .whitespaces)
    }
}
