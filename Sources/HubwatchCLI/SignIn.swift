import AzureIdentity
import EventHubsClient
import Foundation
import HubwatchConfiguration
import Logging
import NIOCore

/// Signs in to a source with an identity.
enum SignIn {
    /// Makes what gives a client its tokens, for a source that no connection string signs in to.
    ///
    /// One for a client: all of its connections share a token.
    static func provider(
        on group: any EventLoopGroup, _ logger: Logger
    ) -> @Sendable (Configuration.Source) -> (any TokenProvider)? {
        { source in
            source.identity.map { TokenIssuer($0, surroundings(of: source, on: group, logger)) }
        }
    }

    /// What the issuer of a source's tokens takes from this machine.
    static func surroundings(
        of source: Configuration.Source, on group: any EventLoopGroup, _ logger: Logger
    ) -> TokenIssuer.Surroundings {
        var surroundings = TokenIssuer.Surroundings(
            group: group, logger: logger, authorities: source.certificateAuthorityFile,
            searchPath: ProcessInfo.processInfo.environment["PATH"] ?? "")
        surroundings.proxy = source.transport.issuerProxy
        return surroundings
    }
}
