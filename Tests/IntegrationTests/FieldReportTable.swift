import Testing

/// A situation that others have reported from production, and what hubwatch must make of it.
///
/// **Source**: the public issues of the service's own clients; numbers 1 to 10 are the reports that the design answers to, what
/// follows are faults of brokers and networks that every reader meets.
struct FieldReport: Sendable, CustomTestStringConvertible {
    /// The row.
    var number: Int
    /// The situation, in our words.
    var situation: String
    /// What the broker does wrong while 100 listings wait in each of two partitions.
    var script: String
    /// Settings besides the fixture's.
    var settings: [String: String] = [:]
    /// What the log must say.
    var logged: [String] = []
    /// Messages that are no records, kept as dead letters.
    var deadLetters = 0

    var testDescription: String { "\(number): \(situation)" }

    /// Listings in each partition.
    static let listings = 100

    static let all = theTen + brokersAndNetworks

    private static let theTen = [
        FieldReport(
            number: 1, situation: "a partition is taken in the middle of a stream, with events under way",
            script: "on delivery partition=0 nth=40 do detach amqp:link:stolen",
            logged: ["Another reader has taken this partition"]),
        FieldReport(
            number: 2, situation: "the same events come from two readers' worth of links",
            script: """
                on delivery partition=0 nth=30 do rewind 25
                on delivery partition=1 nth=20..60 every=10 do repeat 3
                """),
        FieldReport(
            number: 3, situation: "time-outs that pass: attaches unanswered, links timed out, questions unanswered",
            script: """
                on attach partition=0 nth=1 do silence
                on attach partition=1 nth=1 do refuse com.microsoft:timeout
                on delivery nth=50 do detach com.microsoft:timeout
                on request subject=partition nth=1..2 do silence
                """, logged: ["did not answer the attach", "com.microsoft:timeout"]),
        FieldReport(
            number: 4, situation: "the service closes connections that it takes for idle",
            script: """
                on delivery nth=60 do close amqp:connection:forced
                on delivery nth=120 do close amqp:connection:forced
                """, logged: ["LinkTracker"]),
        FieldReport(
            number: 5, situation: "some partitions stop delivering, without an error",
            script: """
                on delivery partition=0 nth=20 do stall
                on delivery partition=1 nth=70 do stall
                """, logged: ["The link brought nothing although"]),
        FieldReport(
            number: 6, situation: "attaches are answered without a terminus, over and over",
            script: "on attach nth=1..6 do refuse amqp:internal-error \"Invalid link\"",
            logged: ["Invalid link", "amqp:internal-error"]),
        // Nothing that a broker does: the row's own test locks the state file.
        FieldReport(number: 7, situation: "the stored position cannot be read, which is not a first run", script: ""),
        FieldReport(
            number: 8, situation: "a link ends at the very end of the partition, and again",
            script: """
                on delivery partition=0 nth=100 do detach amqp:link:detach-forced
                on delivery partition=0 sequence=99 nth=2 do detach amqp:link:detach-forced
                """),
        FieldReport(
            number: 9, situation: "the management node is slow, busy and silent while events come",
            script: """
                on request nth=2.. every=4 do delay 200ms
                on request nth=3.. every=4 do throttle
                on request nth=4..12 every=4 do silence
                """),
        FieldReport(
            number: 10, situation: "links are taken away again and again: none may be left behind",
            script: """
                on delivery every=15 do detach amqp:link:detach-forced
                on delivery partition=1 nth=77 do stall
                """, settings: ["source.owner_level": "none"], logged: ["force detached"]),
    ]

    private static let brokersAndNetworks = [
        FieldReport(
            number: 11, situation: "the socket is gone",
            script: "on delivery nth=50 do cut\non delivery nth=110 do cut"),
        FieldReport(
            number: 12, situation: "the socket is gone in the middle of a frame",
            script: "on delivery nth=30..90 every=20 do cut bytes=700"),
        FieldReport(
            number: 13, situation: "the service is busy and asks to be left alone",
            script: "on attach nth=1..2 do throttle\non token nth=1 do throttle", logged: ["com.microsoft:server-busy"]),
        FieldReport(
            number: 14, situation: "conditions that nobody has heard of",
            script: """
                on attach nth=1 do refuse com.example:moon-phase
                on delivery nth=40 do detach amqp:link:strange
                on delivery nth=80 do close example:unheard "of"
                """, logged: ["com.example:moon-phase", "amqp:link:strange", "example:unheard"]),
        FieldReport(
            number: 15, situation: "the service fails over",
            script: """
                on delivery nth=40 do close com.microsoft:container-close
                on delivery nth=90 do detach com.microsoft:operation-cancelled
                on delivery nth=120 do close amqp:internal-error
                """, logged: ["com.microsoft:container-close", "com.microsoft:operation-cancelled"]),
        FieldReport(
            number: 16, situation: "a delivery that nobody can read",
            script: "on delivery partition=0 nth=30 do garbage", deadLetters: 1),
        FieldReport(
            number: 17, situation: "the broker sends more than it was given credit for",
            script: "on open nth=1..2 do overrun 40", settings: ["source.prefetch": "20"]),
        FieldReport(
            number: 18, situation: "partitions run at different speeds",
            script: "on delivery partition=0 every=10 do delay 20ms"),
    ]
}
