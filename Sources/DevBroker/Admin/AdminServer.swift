import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The admin HTTP: health as the official emulator answers it, and hubs at run time, which it lacks.
///
/// There is no authentication: keep it on loopback.
struct AdminServer: Sendable {
    private let task: Task<Void, any Error>

    /// Binds and serves; returns once the port is known.
    static func start(
        address: DevBrokerConfiguration.AdminListener, broker: DevBroker, group: any EventLoopGroup
    ) async throws(DevBrokerError) -> (AdminServer, port: Int) {
        let (ports, bound) = AsyncStream.makeStream(of: Int.self)
        var logger = broker.context.logger
        // Its start-up lines would repeat what the broker reports, and it calls a cancelled server an error.
        logger.logLevel = .critical
        let application = Application(
            router: router(for: broker),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), serverName: "hubwatch-devbroker"),
            onServerRunning: { channel in
                bound.yield(channel.localAddress?.port ?? address.port)
                bound.finish()
            },
            eventLoopGroupProvider: .shared(group), logger: logger)
        let task = Task {
            defer { bound.finish() }
            try await application.run()
        }
        for await port in ports { return (AdminServer(task: task), port) }
        let cause = await task.result
        var detail = "it ended at once"
        if case .failure(let error) = cause { detail = "\(error)" }
        throw DevBrokerError(
            .addressUnavailable,
            "The admin HTTP cannot listen on \(address.host):\(address.port): \(detail). Choose another port, or 0 for any."
        )
    }

    /// Stops serving.
    func shutdown() async {
        task.cancel()
        _ = await task.result
    }

    private static func router(for broker: DevBroker) -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        router.get("health") { _, _ in
            Health(status: "healthy", message: "Service is healthy.")
        }
        router.get("hubs") { _, _ in
            HubList(hubs: broker.hubs)
        }
        // Hub names may contain slashes.
        router.put("hubs/**") { request, context in
            let name = context.parameters.getCatchAll().joined(separator: "/")
            return try put(name, query: request.uri.queryParameters, broker: broker)
        }
        router.delete("hubs/**") { _, context in
            let name = context.parameters.getCatchAll().joined(separator: "/")
            do throws(DevBrokerError) {
                try broker.deleteHub(name)
            } catch {
                throw HTTPError(.notFound, message: error.message)
            }
            return HTTPResponse.Status.noContent
        }
        addFaults(to: router, broker)
        return router
    }

    /// The most bytes of a script.
    private static let scriptBytesMax = 1 << 20

    private static func addFaults(to router: Router<BasicRequestContext>, _ broker: DevBroker) {
        router.get("faults") { _, _ in
            guard let report = broker.faultReport else {
                throw HTTPError(.notFound, message: "There is no script of faults: PUT one to /faults.")
            }
            return Faults(report: report)
        }
        router.put("faults") { request, _ in
            let body = try await request.body.collect(upTo: scriptBytesMax)
            do throws(DevBrokerError) {
                broker.install(try FaultScript(parsing: String(buffer: body), file: "faults"))
            } catch {
                throw HTTPError(.badRequest, message: "\(error)")
            }
            return Faults(report: broker.faultReport ?? FaultReport(faults: []))
        }
        router.delete("faults") { _, _ in
            broker.removeFaults()
            return HTTPResponse.Status.noContent
        }
    }

    private static func put(
        _ name: String, query: Parameters, broker: DevBroker
    ) throws(HTTPError) -> EditedResponse<Created> {
        guard let text = query["partitions"], let count = Int(text) else {
            throw HTTPError(.badRequest, message: "Say how many partitions: PUT /hubs/NAME?partitions=N.")
        }
        let groups = (query["groups"] ?? "").split(separator: ",").map(String.init)
        do throws(DevBrokerError) {
            let isNew = try broker.put(HubDefinition(name: name, partitionCount: count, consumerGroups: groups))
            return EditedResponse(
                status: isNew ? .created : .ok, response: Created(name: name, partitions: count))
        } catch {
            throw HTTPError(error.code == .hubExists ? .conflict : .badRequest, message: error.message)
        }
    }

    private struct Health: ResponseEncodable {
        var status: String
        var message: String
    }

    /// A bare JSON array of hubs.
    private struct HubList: ResponseEncodable {
        var hubs: [HubStatus]

        func encode(to encoder: any Encoder) throws {
            try hubs.encode(to: encoder)
        }
    }

    private struct Faults: ResponseEncodable {
        var report: FaultReport

        func encode(to encoder: any Encoder) throws {
            try report.encode(to: encoder)
        }
    }

    private struct Created: ResponseEncodable {
        var name: String
        var partitions: Int
    }
}
