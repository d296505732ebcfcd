import HubwatchConfiguration
import HubwatchRuntime
import Synchronization
import UnixSignals

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The requests to reload that a running process hears: SIGHUP, and files that have changed.
struct RunReloading: Sendable {
    private let options: ConfigurationOptions
    private let initial: GivenSettings
    private let signals: UnixSignalsSequence
    private let watched: WatchedSettings
    private let requests: AsyncStream<Reloading.Cause>
    private let request: AsyncStream<Reloading.Cause>.Continuation

    /// Traps SIGHUP from now on.
    init(_ options: ConfigurationOptions, _ initial: GivenSettings) async {
        self.options = options
        self.initial = initial
        signals = await UnixSignalsSequence(trapping: .sighup)
        watched = WatchedSettings(initial)
        // Requests that wait are one: everything is read anew anyway.
        (requests, request) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// What the run needs to know.
    func reloading(_ note: @escaping @Sendable (Reloading.Event) -> Void) -> Reloading {
        let watched = watched
        let options = options
        return Reloading(
            initial: initial, requests: requests,
            read: { () throws(ConfigurationError) in
                let given = try options.givenAgain()
                watched.read(given)
                return given
            },
            note: { event in
                if case .taken(let given) = event { watched.taken(given) }
                note(event)
            })
    }

    /// Listens and looks until the task is cancelled.
    func run() async {
        let interval = initial.configuration.reload.interval
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in signals {
                    // The terminal that this was started in is gone: nobody is there to reload for.
                    if Terminal.inputIsGone { raise(SIGTERM) } else { request.yield(.asked) }
                }
            }
            guard interval > .zero else { return }
            group.addTask {
                let file = options.fileInForce
                let watch = FileWatch {
                    let (files, rules) = watched.paths
                    return FileWatch.Paths(files: (file.map { [$0] } ?? []) + files, rules: rules)
                } pause: {
                    try? await Task.sleep(for: interval)
                }
                await watch.run { request.yield(.changed($0)) }
            }
        }
    }
}

/// The files that matter: of the settings in force, and of those that were read last and may have been refused, so that
/// mending a file that they name is noticed as well.
private final class WatchedSettings: Sendable {
    private struct State {
        var inForce: GivenSettings
        var last: GivenSettings
    }

    private let state: Mutex<State>

    init(_ initial: GivenSettings) { state = Mutex(State(inForce: initial, last: initial)) }

    func read(_ given: GivenSettings) { state.withLock { $0.last = given } }
    func taken(_ given: GivenSettings) { state.withLock { $0.inForce = given } }

    var paths: (files: [String], rules: [String]) {
        let (inForce, last) = state.withLock { ($0.inForce, $0.last) }
        let files = Set(inForce.inputFiles).union(last.inputFiles)
        let rules = Set(inForce.configuration.rules.paths).union(last.configuration.rules.paths)
        return (files.sorted(), rules.sorted())
    }
}

extension ConfigurationOptions {
    /// The settings in force with where they were given; every problem at once when there are any.
    func givenSettings() throws -> GivenSettings {
        let layers = try layers()
        do throws(ConfigurationError) { return try Self.read(layers) } catch { throw CommandFailure(error) }
    }

    /// The same once more, from what the file holds now.
    func givenAgain() throws(ConfigurationError) -> GivenSettings {
        let layers: ConfigurationLayers
        do { layers = try self.layers() } catch {
            let message = (error as? CommandFailure)?.message ?? "\(error)"
            throw ConfigurationError([ConfigurationProblem(place: fileInForce ?? "configuration", message: message)])
        }
        return try Self.read(layers)
    }

    private static func read(_ layers: ConfigurationLayers) throws(ConfigurationError) -> GivenSettings {
        try GivenSettings(layers) { (path) throws(ConfigurationProblem) in
            do throws(CommandFailure) { return try readText(path) } catch {
                throw ConfigurationProblem(place: path, message: error.message)
            }
        }
    }
}
