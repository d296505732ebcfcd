import Diagnosis
import EventHubs
import HubwatchConfiguration
import HubwatchRuntime
import StateStore

/// Lays saved positions beside what the hub keeps.
enum PositionProbe {
    static func forecasts(
        _ positions: [PartitionPosition], hub: HubProperties, _ partitions: [PartitionProperties],
        policies: GapPolicies
    ) -> [PositionForecast] {
        positions.compactMap { position in
            // A partition that was only seen idle has no position yet.
            guard position.sequence >= 0, let partition = partitions.first(where: { Int($0.id) == position.partition })
            else { return nil }
            let resume = ResumeForecast(position, hub: hub, partition: partition, policies: policies)
            let first =
                partition.isEmpty ? partition.lastSequenceNumber &+ 1 : max(0, partition.beginSequenceNumber)
            var forecast = PositionForecast(
                partition: position.partition, position: position.sequence, positionMs: position.enqueuedMs,
                first: first, last: partition.lastSequenceNumber, lastMs: partition.lastEnqueuedTime)
            forecast.cause = cause(resume.cause)
            forecast.missing = resume.missing
            forecast.setting = setting(resume.cause)
            forecast.policy = resume.policy?.rawValue ?? ""
            forecast.stops = resume.stops
            return forecast
        }
    }

    private static func cause(_ cause: GapCause?) -> PositionForecast.Cause? {
        switch cause {
        case .retention: .overrun
        case .recreated: .recreated
        case .rewound, .refused: .beyondEnd
        case .discontinuity, nil: nil
        }
    }

    private static func setting(_ cause: GapCause?) -> String {
        switch cause {
        case .retention: "source.on_overrun"
        case .recreated: "source.on_recreated"
        case .rewound, .refused: "source.on_refused"
        case .discontinuity, nil: ""
        }
    }
}
