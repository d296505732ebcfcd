// swift-tools-version: 6.2
import PackageDescription

// Settings shared by every Swift target. Strict memory safety is added for the pure targets only: the targets that
// face C, the JSON walker and the shells use pointers by design.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]
let pure: [SwiftSetting] = settings + [.strictMemorySafety()]

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let cryptoExtras: Target.Dependency = .product(name: "_CryptoExtras", package: "swift-crypto")
let jwtKit: Target.Dependency = .product(name: "JWTKit", package: "jwt-kit")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let serviceLifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "hubwatch",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "hubwatch", targets: ["hubwatch"]),
        .library(name: "EventHubsClient", targets: ["EventHubs", "EventHubsClient"]),
        .library(name: "DiagnosticLogs", targets: ["DiagnosticLogs"]),
        .library(name: "Detection", targets: ["Detection", "RuleFormats"]),
        .library(name: "SampleLogs", targets: ["SampleLogs"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // C libraries
        .systemLibrary(name: "CProton", pkgConfig: "libqpid-proton", providers: [.apt(["libqpid-proton11-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CProtonShim", dependencies: ["CProton"]),
        .target(name: "CSimdjson", linkerSettings: [.linkedLibrary("simdjson")]),

        // Cores: no socket, clock, task or C pointer
        .target(name: "AMQPTypes", swiftSettings: settings),
        .target(name: "EventHubs", dependencies: ["AMQPTypes", "Spelling", crypto], swiftSettings: pure),
        .target(name: "AzureTokens", dependencies: ["EventHubs"], swiftSettings: pure),
        .target(name: "DiagnosticLogs", dependencies: ["CSimdjson"], swiftSettings: settings),
        .target(name: "Detection", dependencies: ["DiagnosticLogs", crypto], swiftSettings: settings),
        .target(
            name: "RuleFormats",
            dependencies: [
                "Detection", "DiagnosticLogs", "Spelling", .product(name: "Yams", package: "Yams"),
                .product(name: "TOMLKit", package: "TOMLKit"),
            ], swiftSettings: settings),
        .target(name: "SampleLogs", swiftSettings: pure),
        .target(name: "Spelling", swiftSettings: pure),
        .target(
            name: "FindingFormats", dependencies: ["Detection", "DiagnosticLogs"], swiftSettings: settings),
        .target(
            name: "HubwatchConfiguration",
            dependencies: ["AzureTokens", "EventHubs", "Spelling", .product(name: "Yams", package: "Yams")],
            swiftSettings: pure),

        // The AMQP engine and the shells
        .target(name: "AMQPEngine", dependencies: ["AMQPTypes", "CProton", "CProtonShim"], swiftSettings: settings),
        .target(
            name: "AMQPChannel", dependencies: ["AMQPEngine", "AMQPTypes", nio], swiftSettings: settings),
        .target(
            name: "EventHubsClient",
            dependencies: [
                "AMQPChannel", "AMQPEngine", "AMQPTypes", "EventHubs", nio, nioPosix, nioSSL, logging,
            ], swiftSettings: settings),
        .target(
            name: "AzureIdentity",
            dependencies: [
                "AzureTokens", "EventHubs", "EventHubsClient", nio, nioHTTP1, nioPosix, nioSSL, crypto, cryptoExtras,
                jwtKit,
                logging, .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ], swiftSettings: settings),
        .target(
            name: "StateStore", dependencies: [.product(name: "GRDB", package: "GRDB.swift")], swiftSettings: settings),
        .target(
            name: "Sinks", dependencies: ["StateStore", "FindingFormats", "Detection", "DiagnosticLogs"],
            swiftSettings: settings),
        .target(
            name: "HubwatchRuntime",
            dependencies: [
                "AMQPEngine", "EventHubs", "EventHubsClient", "DiagnosticLogs", "Detection", "RuleFormats",
                "StateStore",
                "FindingFormats", "Sinks", "HubwatchConfiguration", "CZlib", nio, nioPosix, logging,
            ], swiftSettings: settings),
        .target(
            name: "DevBroker",
            dependencies: [
                "AMQPChannel", "AMQPEngine", "AMQPTypes", "EventHubs", nio, nioPosix, nioSSL, crypto, cryptoExtras,
                logging, hummingbird,
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ], swiftSettings: settings),
        .target(
            name: "HubwatchCLI",
            dependencies: [
                "AMQPTypes", "AzureIdentity", "EventHubs", "EventHubsClient", "DiagnosticLogs", "Detection",
                "RuleFormats", "StateStore",
                "FindingFormats", "Sinks", "HubwatchConfiguration", "SampleLogs", "HubwatchRuntime", "DevBroker",
                "Spelling",
                nio, nioPosix, logging, serviceLifecycle, argumentParser,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], swiftSettings: settings),
        // Proof: a whole hubwatch in one thread under a seed
        .target(name: "CSQLiteFaults", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(
            name: "HubwatchTestKit",
            dependencies: [
                "AMQPTypes", "CSQLiteFaults", "Detection", "DetectionOracle", "DevBroker", "DiagnosticLogs",
                "EventHubs",
                "EventHubsClient", "FindingFormats", "HubwatchConfiguration", "HubwatchRuntime", "Sinks", "StateStore",
                nio, nioEmbedded, logging,
            ], swiftSettings: settings),
        .executableTarget(
            name: "simulate", dependencies: ["HubwatchTestKit", argumentParser], swiftSettings: settings),

        .executableTarget(name: "hubwatch", dependencies: ["HubwatchCLI"], swiftSettings: settings),

        // What the fuzzers feed and what they check; in ordinary builds the kept inputs are run as tests.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "AMQPTypes", "AMQPEngine", "CSimdjson", "DiagnosticLogs", "Detection", "RuleFormats", "EventHubs",
                "HubwatchConfiguration", "StateStore",
            ], path: "Tests/Fuzz/Targets", swiftSettings: settings),
        .testTarget(
            name: "FuzzTests", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Regressions", swiftSettings: settings),
        // The kill test: a program that kills hubwatch, and its test
        .executableTarget(
            name: "KillDrill",
            dependencies: [
                "Detection", "DetectionOracle", "DiagnosticLogs", "EventHubs", "EventHubsClient", "FindingFormats",
                "HubwatchConfiguration", "HubwatchRuntime", "Sinks", "StateStore", nio, nioPosix, logging,
                argumentParser,
            ], path: "Tests/KillDrill", swiftSettings: settings),
        .testTarget(name: "KillTests", dependencies: ["KillDrill", "Detection", "hubwatch"], swiftSettings: settings),

        // Measuring: what runs inside one process, and the gate of CI. Benchmarks/Package.swift compares processes.
        .target(name: "CAllocationCount", path: "Benchmarks/CAllocationCount"),
        .executableTarget(
            name: "measure",
            dependencies: [
                "AMQPChannel", "AMQPEngine", "AMQPTypes", "CAllocationCount", "CSimdjson", "Detection",
                "DiagnosticLogs", "EventHubs", "EventHubsClient", "HubwatchConfiguration", "HubwatchRuntime",
                "RuleFormats", "SampleLogs", "StateStore", nio, nioPosix, logging, argumentParser,
            ], path: "Benchmarks/Measure", swiftSettings: settings),

        .testTarget(name: "AMQPTypesTests", dependencies: ["AMQPTypes"], swiftSettings: settings),
        .testTarget(name: "AMQPEngineTests", dependencies: ["AMQPEngine", "AMQPTypes"], swiftSettings: settings),
        .testTarget(
            name: "AMQPChannelTests", dependencies: ["AMQPChannel", "AMQPEngine", "AMQPTypes", nio, nioEmbedded],
            swiftSettings: settings),
        .testTarget(name: "EventHubsTests", dependencies: ["EventHubs", "AMQPTypes"], swiftSettings: settings),
        .testTarget(
            name: "DiagnosticLogsTests", dependencies: ["DiagnosticLogs", "CSimdjson"], swiftSettings: settings),
        // What findings must be, by plain loops over all events: shares no code with the engine
        .target(
            name: "DetectionOracle", dependencies: ["Detection", "DiagnosticLogs"], path: "Tests/DetectionOracle",
            swiftSettings: settings),
        .testTarget(
            name: "DetectionTests", dependencies: ["Detection", "DetectionOracle", "DiagnosticLogs"],
            swiftSettings: settings),
        .testTarget(
            name: "RuleFormatsTests", dependencies: ["RuleFormats", "Detection", "DiagnosticLogs", "SampleLogs"],
            swiftSettings: settings),
        .testTarget(name: "SampleLogsTests", dependencies: ["SampleLogs"], swiftSettings: settings),
        .testTarget(name: "SpellingTests", dependencies: ["Spelling"], swiftSettings: settings),
        .testTarget(
            name: "AzureTokensTests", dependencies: ["AzureTokens", "EventHubs"], swiftSettings: settings),
        // Issuers of tokens that check what they are sent, on loopback
        .target(
            name: "FakeIssuers",
            dependencies: [
                nio, nioPosix, crypto, cryptoExtras, jwtKit, logging, hummingbird,
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ], path: "Tests/FakeIssuers", swiftSettings: settings),
        .testTarget(
            name: "AzureIdentityTests",
            dependencies: ["AzureIdentity", "AzureTokens", "EventHubs", "FakeIssuers", nioPosix, logging],
            swiftSettings: settings),
        .testTarget(
            name: "StateStoreTests", dependencies: ["StateStore", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: settings),
        .testTarget(
            name: "FindingFormatsTests", dependencies: ["FindingFormats", "Detection", "DiagnosticLogs"],
            exclude: ["Golden"], swiftSettings: settings),
        .testTarget(
            name: "SinksTests",
            dependencies: ["Sinks", "StateStore", "FindingFormats", "Detection", "DiagnosticLogs"],
            swiftSettings: settings),
        .testTarget(
            name: "HubwatchConfigurationTests", dependencies: ["AzureTokens", "HubwatchConfiguration", "EventHubs"],
            swiftSettings: settings),
        .testTarget(
            name: "EventHubsClientTests",
            dependencies: [
                "EventHubsClient", "EventHubs", "AMQPChannel", "AMQPEngine", "AMQPTypes", nio, nioPosix, nioSSL,
                logging,
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"), crypto,
            ], swiftSettings: settings),
        .testTarget(
            name: "DevBrokerTests",
            dependencies: [
                "DevBroker", "EventHubs", "FakeIssuers", "AMQPChannel", "AMQPEngine", "AMQPTypes", nio, nioPosix,
                nioEmbedded, nioSSL, crypto, cryptoExtras, logging,
                .product(name: "X509", package: "swift-certificates"),
            ], swiftSettings: settings),
        .testTarget(name: "SimulationTests", dependencies: ["HubwatchTestKit"], swiftSettings: settings),
        .testTarget(
            name: "ReplayTests",
            dependencies: ["HubwatchRuntime", "Detection", "DiagnosticLogs", "EventHubs", "CZlib"],
            swiftSettings: settings),
        .testTarget(
            name: "HubwatchRuntimeTests",
            dependencies: [
                "HubwatchRuntime", "Detection", "DiagnosticLogs", "EventHubs", "FindingFormats",
                "HubwatchConfiguration",
                "Sinks", "StateStore", logging,
            ], swiftSettings: settings),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "AMQPChannel", "AMQPEngine", .product(name: "GRDB", package: "GRDB.swift"), "AMQPTypes", "Detection",
                "AzureIdentity", "AzureTokens", "DevBroker", "DiagnosticLogs", "EventHubs", "EventHubsClient",
                "FakeIssuers",
                "HubwatchConfiguration", "HubwatchRuntime", "RuleFormats", "SampleLogs", "StateStore", nio, nioPosix,
                logging,
            ], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// libFuzzer brings its own main function: the driver links only where `make fuzz` builds it, with its sanitizers.
if Context.environment["HUBWATCH_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "hubwatch-fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Driver",
            swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]))
}
