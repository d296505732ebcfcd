import Detection
import DevBroker
import DiagnosticLogs
import EventHubs
import EventHubsClient
import Foundation
import HubwatchConfiguration
import HubwatchRuntime
import Logging
import NIOCore
import NIOEmbedded
import StateStore

/// A process of the simulation: production's run over what the simulation puts in the machine's place.
extension Simulation {
    func begin() throws {
        process.scheduler.now = now
        let process = process
        let log = log
        var surroundings = Hubwatch.Surroundings(
            group: process.loops,
            clock: WallClock { [time, unowned self] in Timestamp(nanoseconds: time.now + clockOffset) },
            logger: Logger(label: "hubwatch", factory: { _ in log }), hostName: "simulation", productVersion: "0")
        surroundings.platform = platform(process)
        surroundings.addedRules = rules.rules
        // Waits of minutes would only make a simulation long.
        surroundings.adjustClient = { settings in
            settings.receiverTiming.stolenPause = .seconds(8)
            settings.quietInterval = .seconds(4)
        }
        let configuration = try configuration(process.statePath)
        inside { process.start(configuration, surroundings) }
    }

    private func platform(_ process: SimulatedProcess) -> RunPlatform {
        let scheduler = process.scheduler
        var platform = RunPlatform()
        platform.client = ClientPlatform(
            dial: { [unowned self] loop, _, _, _, initializer in dial(process, loop, initializer) },
            clock: { [time, unowned self] in time.now + clockOffset },
            chance: Chance { [unowned self] in generator.next() })
        platform.sleep = { await scheduler.sleep($0) }
        platform.stateAccess = .stepwise { [unowned self] in
            await scheduler.sleep(.microseconds(Int64.random(in: 0...2_000, using: &generator)))
        }
        platform.files = disk.files
        platform.sinkExecutor = scheduler.makeExecutor()
        return platform
    }

    private func configuration(_ statePath: String) throws -> Configuration {
        let key = "SharedAccessKeyName=test;SharedAccessKey=key"
        let settings = [
            "source.connection_string":
                "Endpoint=sb://127.0.0.1:5672;\(key);UseDevelopmentEmulator=true;EntityPath=\(Self.hub)",
            "source.clock_skew": "2s", "source.discovery_interval": "5s", "state.path": statePath,
            "findings.file": folder.appending(path: "findings.ndjson").path, "rules.paths": folder.path,
            "state.commit_interval": "300ms",
        ]
        var layers = ConfigurationLayers()
        for (path, text) in settings.sorted(by: { $0.key < $1.key }) { layers.add(flag: path, path: path, text: text) }
        var configuration = try Configuration(layers) { (path) throws(ConfigurationProblem) in
            throw ConfigurationProblem(place: path, message: "a simulation has no files")
        }
        // Small, so that snapshots happen too.
        configuration.state.snapshotAfterBytes = 8_000
        configuration.rules.paths = []
        return configuration
    }

    private func dial(
        _ process: SimulatedProcess, _ loop: any EventLoop,
        _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        guard let loop = loop as? EmbeddedEventLoop, now >= outageUntil else {
            return loop.makeFailedFuture(ChannelError.connectTimeout(.seconds(1)))
        }
        let client = EmbeddedChannel(loop: loop)
        let served = EmbeddedChannel(loop: brokerLoops.loops[0])
        do {
            let address = try SocketAddress(ipAddress: "127.0.0.1", port: 5672)
            try broker.serve(served)
            served.connect(to: address, promise: nil)
            let wire = Wire(client: client, broker: served)
            return initializer(client).flatMap {
                process.wires.removeAll { $0.isCut }
                process.wires.append(wire)
                return client.connect(to: address)
            }.map { client }
        } catch {
            return loop.makeFailedFuture(error)
        }
    }
}
