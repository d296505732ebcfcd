/// What became of the settings.
public struct SettingsObservation: Hashable, Sendable {
    /// Something wrong, and where.
    public struct Problem: Hashable, Sendable {
        /// Where it was given.
        public var place: String
        /// What is wrong; never a secret.
        public var message: String

        /// Makes a problem.
        public init(place: String, message: String) {
            self.place = place
            self.message = message
        }
    }

    /// How many settings were given.
    public var given: Int
    /// What is wrong with them.
    public var problems: [Problem]
    /// Why a file of settings could not be read at all.
    public var unreadable: String?
    /// Settings with a key or password that stand on the command line: place and setting.
    public var exposed: [Problem]

    /// Makes an observation.
    public init(given: Int, problems: [Problem] = [], unreadable: String? = nil, exposed: [Problem] = []) {
        self.given = given
        self.problems = problems
        self.unreadable = unreadable
        self.exposed = exposed
    }
}

extension Diagnosis {
    /// Judges the settings.
    public static func configuration(_ observation: SettingsObservation) -> [Sighting] {
        if let text = observation.unreadable {
            return [Sighting(.settingsUnreadable, [Figure("problem", .text(text))])]
        }
        let problems = observation.problems.map {
            Sighting(
                .settingRefused, [Figure("place", .text($0.place)), Figure("problem", .text($0.message))])
        }
        let exposed = observation.exposed.map {
            Sighting(
                .secretOnCommandLine, [Figure("place", .text($0.place)), Figure("setting", .text($0.message))])
        }
        let fine = Sighting(.settingsUsable, [Figure("given", .number(Int64(observation.given)))])
        return problems + exposed + (problems.isEmpty ? [fine] : [])
    }
}
