import Dispatch
import FuzzTargets

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The target of this process, named by `HUBWATCH_FUZZ_TARGET`: libFuzzer keeps the arguments to itself.
nonisolated(unsafe) private let check: FuzzTarget.Check = {
    let name = getenv("HUBWATCH_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
        for target in FuzzTarget.all { print(target.name, target.lengthMax, target.summary, separator: "\t") }
        // Past libFuzzer, which takes an ordinary exit for a crash before the list is written.
        fflush(nil)
        _exit(name.isEmpty ? 0 : 64)
    }
    do {
        return try target.make()
    } catch {
        fatalError("cannot prepare \(name): \(error)")
    }
}()

/// What libFuzzer calls for each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: bytes, count: count)
    do {
        switch check {
        case .now(let body): try body(input)
        case .later(let body): try wait(body, [UInt8](input))
        }
    } catch {
        // libFuzzer takes the end of the process for a failing input and writes it down.
        fatalError("\(error)")
    }
    return 0
}

/// Blocks until asynchronous work is done; the main thread has nothing else to do.
private func wait(_ body: @escaping ([UInt8]) async throws -> Void, _ input: [UInt8]) throws {
    let isDone = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var failure: (any Error)?
    nonisolated(unsafe) let body = body
    Task.detached {
        do { try await body(input) } catch { failure = error }
        isDone.signal()
    }
    isDone.wait()
    if let failure { throw failure }
}
