import Foundation
import Synchronization

/// Collects what a program writes into a pipe, as it is written.
///
/// **Bounds**: a little more than `bytesMax` are kept; what comes after them is read and dropped, so that the program is not
/// held up. **Isolation**: any thread.
final class PipeCollector: Sendable {
    /// The pipe; its writing end is the program's.
    let pipe = Pipe()
    private let bytesMax: Int
    /// Called when more than `bytesMax` bytes have come.
    private let overflowed: @Sendable () -> Void
    private let kept = Mutex<[UInt8]>([])

    init(bytesMax: Int, overflowed: @escaping @Sendable () -> Void) {
        self.bytesMax = bytesMax
        self.overflowed = overflowed
    }

    /// Collects from now on.
    func start() {
        let descriptor = pipe.fileHandleForReading.fileDescriptor
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        pipe.fileHandleForReading.readabilityHandler = { [weak self] handle in
            // At the end a pipe is readable for ever.
            if self?.drain() != true { handle.readabilityHandler = nil }
        }
    }

    /// Collects no more.
    func stop() { pipe.fileHandleForReading.readabilityHandler = nil }

    /// Everything so far, what is in the pipe at this moment included.
    func collected() -> [UInt8] {
        _ = drain()
        return kept.withLock { $0 }
    }

    /// Takes what is in the pipe; false at its end.
    ///
    /// Beyond the bound one piece a call, since a program may write for ever.
    private func drain() -> Bool {
        let descriptor = pipe.fileHandleForReading.fileDescriptor
        var piece = [UInt8](repeating: 0, count: 16_384)
        var count = 0
        let isOver = kept.withLock { bytes in
            repeat {
                count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
                if count > 0, bytes.count <= bytesMax { bytes += piece[..<count] }
            } while count > 0 && bytes.count <= bytesMax
            return bytes.count > bytesMax
        }
        if isOver { overflowed() }
        return count != 0
    }
}
