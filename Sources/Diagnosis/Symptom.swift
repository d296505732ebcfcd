/// A thing that the doctor can see, with all its wording: one row of the table of symptoms.
///
/// The rows stand in `Symptoms/`, by subject. Nothing else in the doctor has words for people, besides the plan's titles.
public struct Symptom: Hashable, Sendable {
    /// Stable name, for programs.
    public let name: String
    /// The check that sees it.
    public let check: Check
    /// What it means for the check.
    public let verdict: Verdict
    /// The exit code of a failure.
    public let exit: ExitClass?
    /// What was seen; `{…}` stands for a figure.
    public let seen: String
    /// What to do; empty when there is nothing to do.
    public let remedy: String

    /// A row for something that is as it should be.
    init(_ name: String, _ check: Check, _ seen: String) { self.init(name, check, .ok, seen) }

    /// A row for something that works somehow, or cannot be told.
    init(_ name: String, _ check: Check, _ verdict: Verdict, _ seen: String, do remedy: String = "") {
        self.name = name
        self.check = check
        self.verdict = verdict
        self.exit = nil
        self.seen = seen
        self.remedy = remedy
    }

    /// A row for something that does not work.
    init(_ name: String, _ check: Check, exit: ExitClass, _ seen: String, do remedy: String) {
        self.name = name
        self.check = check
        self.verdict = .failed
        self.exit = exit
        self.seen = seen
        self.remedy = remedy
    }

    /// Every row, in the order of the checks.
    public static let all: [Symptom] = {
        let tables: [[Symptom]] = [
            configuration, network, certificates, connection, signingIn, entities, receivers, clocks, stateFile, disks,
            positions,
            ruleFiles, eventFields, deliveries, findingReceivers,
        ]
        return tables.flatMap { $0 }
    }()
}

/// A symptom that was seen, with its figures.
public struct Sighting: Hashable, Sendable {
    /// What was seen.
    public var symptom: Symptom
    /// What was measured.
    public var figures: [Figure]

    /// Makes a sighting.
    public init(_ symptom: Symptom, _ figures: [Figure] = []) {
        self.symptom = symptom
        self.figures = figures
    }

    /// What was seen, for people.
    public var seen: String { figures.filling(symptom.seen) }
    /// What to do, for people.
    public var remedy: String { figures.filling(symptom.remedy) }
}

extension Sighting {
    /// The sighting with exactly the figures that its wording names: its own, and those of the subject.
    public func completed(with subject: [Figure]) -> Sighting {
        let wording = symptom.seen + symptom.remedy
        var used: [Figure] = []
        for figure in figures + subject
        where wording.firstRange(of: "{\(figure.name)}") != nil && !used.contains(where: { $0.name == figure.name }) {
            used.append(figure)
        }
        return Sighting(symptom, used)
    }
}
