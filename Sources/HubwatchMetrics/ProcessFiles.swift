#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads what the kernel tells of this process: the shell of ``ProcessUsage``.
///
/// **Bounds**: 1 MiB a file. Where there is no `/proc`, or it may not be read, nothing is told.
enum ProcessFiles {
    static func usage() -> ProcessUsage {
        var texts = ProcessUsage.Texts()
        texts.process = text(of: "/proc/self/stat")
        texts.limits = text(of: "/proc/self/limits")
        texts.system = text(of: "/proc/stat")
        texts.openFiles = entries(of: "/proc/self/fd")
        texts.ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
        texts.pageBytes = Double(sysconf(Int32(_SC_PAGESIZE)))
        return ProcessUsage(texts)
    }

    private static let bytesMax = 1 << 20

    private static func text(of path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < bytesMax {
            let count = piece.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The entries of a folder; nil when it cannot be read.
    private static func entries(of path: String) -> Int? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            // `.` and `..` are no files, and looking has opened one more.
            if entry.pointee.d_name.0 != 46 { count += 1 }
        }
        return count - 1
    }
}
