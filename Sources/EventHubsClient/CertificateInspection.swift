import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// Finds out what is wrong with a broker's certificate.
///
/// TLS itself only says that verification failed. A second handshake, which trusts nobody and sends nothing, shows the
/// certificate: expired, not yet valid, for other names, or from an unknown authority.
enum CertificateInspection {
    static func run(
        host: String, port: Int, serverName: String?, context: NIOSSLContext, timeout: TimeAmount,
        on loop: any EventLoop
    ) -> EventLoopFuture<String?> {
        let finding = NIOLockedValueBox<String?>(nil)
        let now = WallClock.seconds()
        let connected = ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try NIOSSLClientHandler(
                        context: context, serverHostname: serverName,
                        customVerificationCallback: { certificates, verdict in
                            finding.withLockedValue { $0 = explain(certificates, host: host, now: now) }
                            verdict.succeed(.failed)
                        })
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: host, port: port)
        return connected.flatMap { channel in
            let deadline = channel.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
            return channel.closeFuture.map { deadline.cancel() }
        }.map { finding.withLockedValue { $0 } }.flatMapErrorThrowing { _ in finding.withLockedValue { $0 } }
    }

    private static func explain(_ certificates: [NIOSSLCertificate], host: String, now: Int64) -> String {
        guard let leaf = certificates.first else { return "the broker sent no certificate" }
        if Int64(leaf.notValidAfter) < now {
            return "the certificate expired \(days(now - Int64(leaf.notValidAfter))) ago"
        }
        if Int64(leaf.notValidBefore) > now {
            return "the certificate is not valid for another \(days(Int64(leaf.notValidBefore) - now)); check the clock"
        }
        return "the certificate is not signed by an authority that this machine trusts"
    }

    private static func days(_ seconds: Int64) -> String {
        let days = seconds / 86_400
        if days > 0 { return days == 1 ? "1 day" : "\(days) days" }
        return "\(max(1, seconds / 3600)) h"
    }
}
