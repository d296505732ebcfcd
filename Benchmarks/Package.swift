// swift-tools-version: 6.2
import PackageDescription

// Compares processes: hubwatch's `measure` (built by the package above) with programs that people would use instead. It
// depends on nothing of hubwatch and nothing of hubwatch depends on it; docs/adr/0003 says why.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "hubwatch-benchmarks",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .executableTarget(
            name: "bench",
            dependencies: [
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], path: "Sources/Bench", swiftSettings: settings),
        // The peer that counts bytes and decodes nothing: what Proton itself can do.
        .executableTarget(
            name: "proton-receiver", path: "Peers/ProtonReceiver",
            linkerSettings: [.linkedLibrary("qpid-proton")]),
    ],
    swiftLanguageModes: [.v6]
)
