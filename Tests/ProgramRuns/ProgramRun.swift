public import Foundation

/// A program that a test has run to its end.
public struct ProgramRun: Sendable {
    /// Its exit status, or the number of the signal that ended it.
    public let status: Int32
    /// What it wrote to standard output and standard error, in the order in which it wrote it.
    public let bytes: [UInt8]

    /// What it wrote, as text.
    public var output: String { String(decoding: bytes, as: UTF8.self) }

    /// Runs a program, with nothing on its standard input, and waits for its end.
    ///
    /// - Parameter environment: its variables; nil for those of the tests.
    public init(_ program: URL, _ arguments: [String], environment: [String: String]? = nil) throws {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        if let environment { process.environment = environment }
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        // Read to the end before waiting: a full pipe would stop the program.
        bytes = Array(try pipe.fileHandleForReading.readToEnd() ?? Data())
        process.waitUntilExit()
        status = process.terminationStatus
    }
}

/// The built `hubwatch`, which lies beside the tests.
public enum BuiltCommand {
    /// The program.
    public static let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
        path: "hubwatch")

    /// The environment of the tests without what hubwatch would take from it, and with these variables.
    public static func environment(_ variables: [String: String] = [:]) -> [String: String] {
        let foreign = ["HUBWATCH_", "AZURE_", "IDENTITY_", "MSI_", "IMDS_", "NOTIFY_", "WATCHDOG_"]
        return ProcessInfo.processInfo.environment.filter { variable in
            !variable.key.lowercased().hasSuffix("_proxy") && !foreign.contains { variable.key.hasPrefix($0) }
        }.merging(variables) { $1 }
    }

    /// Runs it to its end, with these variables and nothing else that it would take from the environment.
    public static func run(_ arguments: [String], environment variables: [String: String] = [:]) throws -> ProgramRun {
        try ProgramRun(program, arguments, environment: environment(variables))
    }
}
