/// What a process has used of its machine, as the kernel tells: pure reading of its texts.
///
/// **Source**: proc(5), `/proc/pid/stat`, `/proc/pid/limits` and `/proc/stat`; names of the metrics as in Prometheus' client
/// libraries, "Standard and runtime collectors".
struct ProcessUsage: Hashable, Sendable {
    /// What the kernel tells.
    struct Texts: Hashable, Sendable {
        /// `/proc/self/stat`.
        var process = ""
        /// `/proc/self/limits`.
        var limits = ""
        /// `/proc/stat`.
        var system = ""
        /// How many files are open; nil where that cannot be told.
        var openFiles: Int?
        /// Ticks in a second.
        var ticksPerSecond = 100.0
        /// Bytes in a page.
        var pageBytes = 4096.0

        /// Makes texts that tell nothing.
        init() {}
    }

    /// When the process started, in seconds since 1970.
    var startSeconds: Double?
    /// Memory that is in use and in the machine, in bytes.
    var residentBytes: Double?
    /// Time on processors, in seconds, user and system together.
    var processorSeconds: Double?
    /// How many files and sockets are open.
    var openFiles: Double?
    /// How many may be; infinite without a limit.
    var openFilesMax: Double?

    /// Reads the texts; what is not in them stays nil.
    init(_ texts: Texts) {
        openFiles = texts.openFiles.map { Double($0) }
        openFilesMax = Self.openFilesMax(texts.limits)
        // The program's name is in brackets and may hold anything, brackets and blanks too: fields are counted behind it.
        guard let end = texts.process.lastIndex(of: ")"), texts.ticksPerSecond > 0 else { return }
        let fields = texts.process[texts.process.index(after: end)...].split(whereSeparator: \.isWhitespace)
        /// A field by its number in the manual, where the first behind the name is the third.
        func field(_ place: Int) -> Double? {
            fields.indices.contains(place - 3) ? Self.number(fields[place - 3]) : nil
        }
        if let user = field(14), let system = field(15) { processorSeconds = (user + system) / texts.ticksPerSecond }
        residentBytes = field(24).map { $0 * texts.pageBytes }
        if let boot = Self.bootSeconds(texts.system), let ticks = field(22) {
            startSeconds = boot + ticks / texts.ticksPerSecond
        }
    }

    private static func number(_ text: Substring) -> Double? { UInt64(text).map { Double($0) } }

    private static func bootSeconds(_ text: String) -> Double? {
        let line = text.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line?.split(separator: " ").last.flatMap { number($0) }
    }

    /// The soft limit: what is refused beyond it is refused now.
    private static func openFilesMax(_ text: String) -> Double? {
        let name = "Max open files"
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
            let soft = line.dropFirst(name.count).split(separator: " ").first
        else { return nil }
        return soft == "unlimited" ? .infinity : number(soft)
    }
}
