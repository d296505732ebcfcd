import EventHubs

/// Chooses the proxy on the way to a host: the one that a setting names, or the environment's where the setting leaves it to that.
struct ProxyChoice {
    /// A proxy, and the setting or variable that names it.
    struct Chosen {
        var proxy: ProxyAddress
        var place: String
    }

    /// What is wrong with an address, in words that repeat nothing of it.
    struct Unusable: Error {
        var message: String
    }

    /// Path of the setting.
    var setting: String
    /// Where it was given.
    var place: String
    /// What it says: `none`, `environment`, or an address.
    var text: String
    /// What the environment says.
    var environment: ProxyEnvironment
    /// The hosts that are reached without the proxy, whoever names it.
    var exclusions: ProxyExclusions

    /// Whether the setting names a proxy itself.
    var isExplicit: Bool { !["", "none", "environment"].contains(text.trimmed.lowercased()) }

    /// The proxy to a host; nil for the direct way.
    func proxy(
        to host: String, port: Int, as scheme: ProxyEnvironment.Scheme
    ) throws(Unusable) -> Chosen? {
        let text = text.trimmed
        if ["", "none"].contains(text.lowercased()) || exclusions.contains(host: host, port: port) { return nil }
        if isExplicit {
            do throws(EventHubsError) {
                return Chosen(proxy: try ProxyAddress(parsing: text), place: place)
            } catch {
                throw Unusable(message: "\(error).")
            }
        }
        guard !ProxyExclusions.isLoopback(host), let variable = environment.proxy(for: scheme) else { return nil }
        do throws(EventHubsError) {
            return Chosen(proxy: try ProxyAddress(parsing: variable.text.revealed), place: variable.name)
        } catch {
            throw Unusable(
                message:
                    "the variable \(variable.name): \(error). Another proxy, or none, can be given as \(setting).")
        }
    }
}
