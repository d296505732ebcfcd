/// A page of the status server: a path and who answers it.
///
///     StatusRoute("/") { request in .text("<!doctype html>…", type: "text/html; charset=utf-8") }
///
/// The server has checked who asks, the size of the request and its method before it calls; GET and HEAD only.
public struct StatusRoute: Sendable {
    /// The path, exactly; it begins with a slash.
    public var path: String
    /// Makes the answer.
    ///
    /// It runs on the server's own thread: what takes long belongs elsewhere.
    public var answer: @Sendable (StatusRequest) async -> StatusAnswer

    /// Makes a route.
    public init(_ path: String, answer: @escaping @Sendable (StatusRequest) async -> StatusAnswer) {
        self.path = path
        self.answer = answer
    }
}

/// What a client asked.
public struct StatusRequest: Sendable {
    /// The path.
    public var path: String
    /// The parameters behind the question mark, decoded; the last one of a name counts.
    public var query: [String: String]
    /// Header fields by lower-case name; credentials are not among them.
    public var headers: [String: String]

    /// Makes a request.
    public init(path: String, query: [String: String] = [:], headers: [String: String] = [:]) {
        self.path = path
        self.query = query
        self.headers = headers
    }
}

/// An answer to a ``StatusRequest``.
public struct StatusAnswer: Sendable {
    /// What is sent.
    public enum Body: Sendable {
        /// Bytes, all there.
        case bytes([UInt8])
        /// Bytes as they come, until the stream ends or the client leaves; the stream is then cancelled.
        ///
        /// A client that reads too slowly is cut off: give the stream a bounded buffer.
        case stream(AsyncStream<[UInt8]>)
    }

    /// HTTP status.
    public var status: Int
    /// Content type.
    public var type: String
    /// Further header fields.
    public var headers: [(name: String, value: String)]
    /// What is sent.
    public var body: Body

    /// Makes an answer.
    public init(status: Int = 200, type: String, headers: [(name: String, value: String)] = [], body: Body) {
        self.status = status
        self.type = type
        self.headers = headers
        self.body = body
    }

    /// An answer of text.
    public static func text(_ text: String, status: Int = 200, type: String = "text/plain; charset=utf-8") -> Self {
        StatusAnswer(status: status, type: type, body: .bytes(Array(text.utf8)))
    }

    /// An answer of JSON that is written already.
    public static func json(_ bytes: [UInt8], status: Int = 200) -> Self {
        StatusAnswer(status: status, type: "application/json", body: .bytes(bytes))
    }
}
