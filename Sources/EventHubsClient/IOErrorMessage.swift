package import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension IOError {
    /// The system's words for what went wrong, without the call that the library's text begins with.
    package var message: String { String(cString: strerror(errnoCode)) }
}
