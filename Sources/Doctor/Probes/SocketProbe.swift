import Diagnosis
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Connects to a host's addresses and hangs up.
enum SocketProbe {
    /// Most addresses that are tried.
    static let addressesMax = 4

    /// All at once: one that does not answer holds up none that does.
    @concurrent
    static func connect(
        to addresses: [String], port: Int, within limit: Duration, on group: any EventLoopGroup
    ) async -> [SocketObservation] {
        await withTaskGroup(of: (Int, SocketObservation).self) { tasks in
            for (index, address) in addresses.prefix(addressesMax).enumerated() {
                tasks.addTask { (index, await connect(to: address, port: port, within: limit, on: group)) }
            }
            var attempts: [(Int, SocketObservation)] = []
            for await attempt in tasks { attempts.append(attempt) }
            return attempts.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    @concurrent
    private static func connect(
        to address: String, port: Int, within limit: Duration, on group: any EventLoopGroup
    ) async -> SocketObservation {
        let clock = ContinuousClock()
        let begin = clock.now
        do {
            let target = try SocketAddress(ipAddress: address, port: port)
            let channel = try await ClientBootstrap(group: group)
                .connectTimeout(.nanoseconds(limit.milliseconds * 1_000_000))
                .connect(to: target).get()
            let time = begin.duration(to: clock.now).milliseconds
            try? await channel.close()
            return SocketObservation(address, .connected(time))
        } catch ChannelError.connectTimeout {
            return SocketObservation(address, .silent)
        } catch let error as IOError {
            switch error.errnoCode {
            case ECONNREFUSED: return SocketObservation(address, .refused)
            case ETIMEDOUT: return SocketObservation(address, .silent)
            default: return SocketObservation(address, .unreachable(String(cString: strerror(error.errnoCode))))
            }
        } catch {
            return SocketObservation(address, .unreachable("\(error)"))
        }
    }
}
