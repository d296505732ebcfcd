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
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioWebSocket: Target.Dependency = .product(name: "NIOWebSocket", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let cryptoExtras: Target.Dependency = .product(name: "_CryptoExtras", package: "swift-crypto")
let jwtKit: Target.Dependency = .product(name: "JWTKit", package: "jwt-kit")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let serviceLifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let metrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
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
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
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
        .target(name: "Redaction", dependencies: [crypto], swiftSettings: settings),
        .target(name: "DiagnosticLogs", dependencies: ["CSimdjson", "Redaction"], swiftSettings: settings),
        .target(name: "Detection", dependencies: ["DiagnosticLogs", "Redaction", crypto], swiftSettings: settings),
        .target(name: "AzureTokens", dependencies: ["EventHubs"], swiftSettings: pure),
        .target(
            name: "RuleFormats",
            dependencies: [
                "Detection", "DiagnosticLogs", "Spelling", .product(name: "Yams", package: "Yams"),
                .product(name: "TOMLKit", package: "TOMLKit"),
            ], swiftSettings: settings),
        .target(name: "SampleLogs", swiftSettings: pure),
        .target(name: "Transports", dependencies: [crypto], swiftSettings: pure),
        .target(name: "Spelling", swiftSettings: pure),
        .target(
            name: "FindingFormats", dependencies: ["Detection", "DiagnosticLogs", "Spelling"], swiftSettings: settings),
        // A status report as a page and as a screen of a terminal: values in, bytes out
        .target(
            name: "StatusPage", dependencies: ["Detection", "DiagnosticLogs", "FindingFormats", "StatusReport"],
            swiftSettings: pure),
        .target(
            name: "HubwatchConfiguration",
            dependencies: [
                "AzureTokens", "EventHubs", "Redaction", "Spelling", .product(name: "Yams", package: "Yams"),
            ], swiftSettings: pure),

        // What a run knows about itself, as plain values
        .target(name: "StatusReport", swiftSettings: pure),

        // What `hubwatch doctor` makes of what its probes observe
        .target(
            name: "Diagnosis", dependencies: ["AMQPTypes", "AzureTokens", "EventHubs", "DiagnosticLogs"],
            swiftSettings: pure),

        // The AMQP engine and the shells
        .target(name: "AMQPEngine", dependencies: ["AMQPTypes", "CProton", "CProtonShim"], swiftSettings: settings),
        .target(
            name: "AMQPChannel", dependencies: ["AMQPEngine", "AMQPTypes", "Transports", nio, nioWebSocket],
            swiftSettings: settings),
        .target(
            name: "EventHubsClient",
            dependencies: [
                "AMQPChannel", "AMQPEngine", "AMQPTypes", "EventHubs", "Transports", nio, nioPosix, nioSSL, nioTLS,
                logging,
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ], swiftSettings: settings),
        // The way of HTTPS requests through a proxy
        .target(
            name: "ProxiedHTTP",
            dependencies: ["EventHubs", "EventHubsClient", nio, nioHTTP1, nioPosix, asyncHTTPClient],
            swiftSettings: settings),
        .target(
            name: "AzureIdentity",
            dependencies: [
                "AzureTokens", "EventHubs", "EventHubsClient", "ProxiedHTTP", nio, nioHTTP1, nioPosix, nioSSL, crypto,
                cryptoExtras, jwtKit, logging, asyncHTTPClient,
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ], swiftSettings: settings),
        .target(
            name: "StateStore", dependencies: ["Redaction", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: settings),
        .target(
            name: "Sinks", dependencies: ["StateStore", "FindingFormats", "Detection", "DiagnosticLogs"],
            swiftSettings: settings),
        // Sinks with a receiver: the only ones that know sockets
        .target(
            name: "NetworkSinks",
            dependencies: [
                "AMQPTypes", "Detection", "DiagnosticLogs", "EventHubs", "EventHubsClient", "FindingFormats",
                "ProxiedHTTP", "Sinks", nio, nioPosix, nioHTTP1, nioTLS, nioSSL, asyncHTTPClient, crypto, logging,
            ], swiftSettings: settings),
        .target(
            name: "HubwatchRuntime",
            dependencies: [
                "NetworkSinks",
                "AMQPEngine", "EventHubs", "EventHubsClient", "DiagnosticLogs", "Detection", "RuleFormats",
                "StateStore", "Redaction",
                "FindingFormats", "Sinks", "HubwatchConfiguration", "StatusReport", "CZlib", nio, nioPosix, logging,
                crypto,
            ], swiftSettings: settings),
        // Health and metrics: a backend of swift-metrics, what a run's report is in it, and the server
        .target(name: "PrometheusMetrics", dependencies: [metrics], swiftSettings: settings),
        .target(
            name: "HubwatchMetrics", dependencies: ["PrometheusMetrics", "StatusReport", metrics],
            swiftSettings: settings),
        .target(
            name: "StatusServer",
            dependencies: [
                "EventHubs", "PrometheusMetrics", "StatusReport", crypto, hummingbird, logging, metrics, nio, nioPosix,
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
            ], swiftSettings: settings),
        // The status page of a run: journal and report in, pages and server-sent events out
        .target(
            name: "StatusSite",
            dependencies: ["FindingFormats", "StateStore", "StatusPage", "StatusReport", "StatusServer"],
            swiftSettings: settings),
        .target(
            name: "DevBroker",
            dependencies: [
                "AMQPChannel", "AMQPEngine", "AMQPTypes", "EventHubs", "Transports", nio, nioPosix, nioHTTP1,
                nioWebSocket, nioSSL, crypto, cryptoExtras, logging, hummingbird,
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ], swiftSettings: settings),
        // The probes of `hubwatch doctor`
        .target(
            name: "Doctor",
            dependencies: [
                "AMQPTypes", "AzureIdentity", "AzureTokens", "Detection", "Diagnosis", "DiagnosticLogs", "EventHubs",
                "EventHubsClient", "FindingFormats", "HubwatchConfiguration", "HubwatchRuntime", "NetworkSinks",
                "Redaction", "RuleFormats", "Sinks", "StateStore", nio, nioPosix, logging,
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ], swiftSettings: settings),
        .target(
            name: "HubwatchCLI",
            dependencies: [
                "AMQPTypes", "AzureIdentity", "AzureTokens", "EventHubs", "EventHubsClient", "DiagnosticLogs",
                "Detection", "RuleFormats", "StateStore", "Diagnosis", "Doctor",
                "FindingFormats", "Sinks", "HubwatchConfiguration", "SampleLogs", "HubwatchRuntime", "DevBroker",
                "Spelling", "Redaction", "HubwatchMetrics", "PrometheusMetrics", "StatusServer", "StatusSite",
                "StatusPage",
                "StatusReport", asyncHTTPClient, .product(name: "NIOHTTP1", package: "swift-nio"),
                nio, nioPosix, nioSSL, logging, serviceLifecycle, argumentParser,
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

        // Files that hold what was written when somebody last looked at it
        .target(name: "GoldenFiles", path: "Tests/GoldenFiles", swiftSettings: settings),
        // Programs that tests run to their end, the built hubwatch above all
        .target(name: "ProgramRuns", path: "Tests/ProgramRuns", swiftSettings: settings),
        // A status report in which every part says something
        .target(
            name: "StatusSamples", dependencies: ["StatusReport"], path: "Tests/StatusSamples", swiftSettings: settings),
        // What the command writes
        .testTarget(
            name: "HubwatchCLITests", dependencies: ["HubwatchCLI", "Redaction", logging], swiftSettings: settings),
        .testTarget(
            name: "StatusTests",
            dependencies: [
                "EventHubs", "HubwatchMetrics", "PrometheusMetrics", "StatusReport", "StatusSamples", "StatusServer",
                logging, metrics,
                nio,
                nioPosix,
            ], swiftSettings: settings),
        .testTarget(name: "AMQPTypesTests", dependencies: ["AMQPTypes"], swiftSettings: settings),
        .testTarget(name: "AMQPEngineTests", dependencies: ["AMQPEngine", "AMQPTypes"], swiftSettings: settings),
        .testTarget(
            name: "AMQPChannelTests",
            dependencies: ["AMQPChannel", "AMQPEngine", "AMQPTypes", "Transports", nio, nioEmbedded],
            swiftSettings: settings),
        .testTarget(name: "TransportsTests", dependencies: ["Transports"], swiftSettings: settings),
        // Proxies and servers that do what a test wants
        .target(
            name: "TransportPeers", dependencies: [nio, nioPosix, nioSSL], path: "Tests/TransportPeers",
            swiftSettings: settings),
        .testTarget(name: "EventHubsTests", dependencies: ["EventHubs", "AMQPTypes"], swiftSettings: settings),
        .testTarget(
            name: "DiagnosticLogsTests", dependencies: ["DiagnosticLogs", "CSimdjson", "Redaction"],
            swiftSettings: settings),
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
        // What documents name is there
        .testTarget(name: "DocumentTests", swiftSettings: settings),
        // What may be shown: masks, and canaries in everything that the program writes
        .testTarget(
            name: "RedactionTests",
            dependencies: [
                "AMQPTypes", "Detection", "DevBroker", "DiagnosticLogs", "EventHubsClient", "FindingFormats",
                "HubwatchConfiguration", "HubwatchRuntime", "ProgramRuns", "Redaction", "RuleFormats", "SampleLogs",
                "StateStore", "hubwatch", nioPosix, logging,
            ], swiftSettings: settings),
        .testTarget(
            name: "StateStoreTests",
            dependencies: ["StateStore", "Redaction", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: settings),
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
            dependencies: [
                "AzureIdentity", "AzureTokens", "EventHubs", "FakeIssuers", "TransportPeers", nio, nioPosix, nioSSL,
                logging,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "FindingFormatsTests",
            dependencies: ["FindingFormats", "Detection", "DiagnosticLogs", "GoldenFiles"],
            exclude: ["Golden"], swiftSettings: settings),
        .testTarget(
            name: "StatusPageTests",
            dependencies: [
                "StatusPage", "Detection", "DiagnosticLogs", "FindingFormats", "GoldenFiles", "StatusReport",
                "StatusSamples",
            ], exclude: ["Golden"], swiftSettings: settings),
        .testTarget(
            name: "StatusSiteTests",
            dependencies: [
                "StatusSite", "Detection", "DiagnosticLogs", "EventHubs", "FindingFormats", "StateStore", "StatusPage",
                "StatusReport", "StatusServer", asyncHTTPClient, nio, logging,
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ], swiftSettings: settings),
        .testTarget(
            name: "SinksTests",
            dependencies: ["Sinks", "StateStore", "FindingFormats", "Detection", "DiagnosticLogs"],
            swiftSettings: settings),
        // Web servers and syslog receivers on loopback that fail as a test says
        .target(
            name: "Receivers", dependencies: [nio, nioPosix, nioHTTP1, nioSSL], path: "Tests/Receivers",
            swiftSettings: settings),
        .testTarget(
            name: "NetworkSinksTests",
            dependencies: [
                "Receivers", "TransportPeers",
                "AMQPTypes", "Detection", "DevBroker", "DiagnosticLogs", "EventHubs", "EventHubsClient",
                "FindingFormats", "NetworkSinks", "Sinks", "StateStore", nio, nioPosix, nioHTTP1, nioSSL, crypto,
                logging,
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ], swiftSettings: settings),
        .testTarget(
            name: "HubwatchConfigurationTests", dependencies: ["AzureTokens", "HubwatchConfiguration", "EventHubs"],
            swiftSettings: settings),
        .testTarget(
            name: "EventHubsClientTests",
            dependencies: [
                "EventHubsClient", "EventHubs", "AMQPChannel", "AMQPEngine", "AMQPTypes", "DevBroker", "TransportPeers",
                "Transports", nio, nioPosix, nioSSL, logging,
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
        .testTarget(
            name: "DiagnosisTests", dependencies: ["AMQPTypes", "AzureTokens", "Diagnosis", "EventHubs"],
            swiftSettings: settings),
        .testTarget(
            name: "DoctorTests",
            dependencies: [
                "AMQPTypes", "AzureIdentity", "DevBroker", "Diagnosis", "Doctor", "EventHubs", "EventHubsClient",
                "FakeIssuers", "HubwatchConfiguration", "HubwatchRuntime", "ProgramRuns", "Receivers", "StateStore",
                "TransportPeers", "hubwatch", nio, nioPosix, nioSSL, logging, crypto,
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ], swiftSettings: settings),
        .testTarget(name: "SimulationTests", dependencies: ["HubwatchTestKit"], swiftSettings: settings),
        .testTarget(
            name: "ReplayTests",
            dependencies: ["HubwatchRuntime", "Detection", "DiagnosticLogs", "EventHubs", "CZlib"],
            swiftSettings: settings),
        .testTarget(
            name: "HubwatchRuntimeTests",
            dependencies: [
                "AMQPTypes", "HubwatchRuntime", "Detection", "DiagnosticLogs", "EventHubs", "FindingFormats",
                "HubwatchConfiguration",
                "Sinks", "StateStore", "StatusReport", logging,
            ], swiftSettings: settings),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "AMQPChannel", "AMQPEngine", "AMQPTypes", "AzureIdentity", "AzureTokens", "Detection", "DevBroker",
                "DiagnosticLogs", "EventHubs", "EventHubsClient", "FakeIssuers", "HubwatchConfiguration",
                "HubwatchMetrics", "HubwatchRuntime", "ProgramRuns", "PrometheusMetrics", "Receivers", "RuleFormats",
                "SampleLogs", "Sinks", "StateStore", "StatusReport", "StatusSamples", "StatusServer", "StatusSite",
                "TransportPeers", nio, nioPosix, nioSSL, logging, .product(name: "GRDB", package: "GRDB.swift"),
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
