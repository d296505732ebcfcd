/// How long one connection may stay as it is: the time-outs that keep clients from holding connections for nothing.
///
/// **States**: *silent* (no request, or a head that is not complete) → *receiving* (head there, the rest not) →
/// *answering* (the answer has not begun) → *writing* → *silent*. Bytes that dribble in do not extend the time of a head;
/// while something is written and the client does not take it, time runs; a stream with nothing to say may wait for ever.
///
/// **Time**: `now` is the time since any fixed moment on a monotonic clock.
struct ConnectionPatience: Hashable {
    struct Times: Hashable {
        var head: Duration
        var idle: Duration
        var answer: Duration
        var write: Duration
    }

    private enum State: Hashable {
        case silent(until: Duration)
        case receiving(until: Duration)
        case answering(until: Duration)
        case writing
    }

    private let times: Times
    private var state: State
    /// Writes that the socket has not taken, and until when it must have taken one.
    private var unwritten = 0
    private var writeDeadline: Duration?
    /// Requests that are not answered to the end; more than one when a client does not wait for answers.
    private(set) var requests = 0

    init(_ times: Times, now: Duration) {
        self.times = times
        state = .silent(until: now + times.head)
    }

    /// Whether nothing is going on: such a connection makes room for another.
    var isSilent: Bool { requests == 0 }

    /// When the connection is given up; nil for never.
    var deadline: Duration? {
        let own: Duration? =
            switch state {
            case .silent(let until), .receiving(let until), .answering(let until): until
            case .writing: nil
            }
        guard let writeDeadline else { return own }
        return own.map { min($0, writeDeadline) } ?? writeDeadline
    }

    mutating func headReceived(now: Duration) {
        requests += 1
        if requests == 1 { state = .receiving(until: now + times.head) }
    }

    mutating func requestEnded(now: Duration) {
        if case .receiving = state { state = .answering(until: now + times.answer) }
    }

    /// A part of an answer goes to the socket.
    mutating func writeBegan(now: Duration) {
        if unwritten == 0 { writeDeadline = now + times.write }
        unwritten += 1
        state = .writing
    }

    /// The socket has taken a part.
    mutating func writeEnded(now: Duration) {
        unwritten = max(0, unwritten - 1)
        writeDeadline = unwritten == 0 ? nil : now + times.write
    }

    /// The last part of an answer was handed over; what follows is the next request's time.
    mutating func answerEnded(now: Duration) {
        requests = max(0, requests - 1)
        state = requests == 0 ? .silent(until: now + times.idle) : .answering(until: now + times.answer)
    }
}
