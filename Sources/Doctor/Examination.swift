public import Diagnosis

/// The visit of the doctor: carries out the plan of checks, one after the other.
///
/// It looks and takes nothing: receivers are attached without an owner level and for as long as a look takes, no position is
/// moved, and of a state file that somebody has open nothing is written.
///
/// **Bounds**: each step ends within the limit; events and bytes that are looked at are limited.
public struct Examination: Sendable {
    private let subject: Subject
    private let options: ExaminationOptions
    private let surroundings: DoctorSurroundings

    /// Prepares a visit; nothing is opened before ``run(onResult:)``.
    public init(_ subject: Subject, _ options: ExaminationOptions, _ surroundings: DoctorSurroundings) {
        self.subject = subject
        self.options = options
        self.surroundings = surroundings
    }

    /// Examines, and tells each result as it comes.
    @concurrent
    public func run(onResult: @Sendable (CheckResult) -> Void = { _ in }) async -> Report {
        let visit = Visit(subject, options, surroundings)
        let figures = SubjectFigures.make(of: subject, options, visit.signIn)
        var plan = CheckPlan(only: options.only, skip: options.skip)
        var report = Report()
        let clock = ContinuousClock()
        while let step = plan.next() {
            var result: CheckResult
            switch step {
            case .passedOver(let passed):
                result = passed.completed(with: figures)
            case .examine(let check):
                let begin = clock.now
                let sightings = await visit.examine(check)
                result = CheckResult(
                    check, tried: PlannedCheck.tried(by: check), sightings, took: begin.duration(to: clock.now)
                ).completed(with: figures)
                plan.concluded(result)
            }
            report.results.append(result)
            onResult(result)
        }
        await visit.end()
        return report
    }
}
