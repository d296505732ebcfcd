#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A place that holds one object per thread, for C callbacks that are told nothing about who called.
///
/// The object is not kept alive by the place.
struct ThreadPlace<Object: AnyObject>: @unchecked Sendable {
    private let key: pthread_key_t

    init() {
        var key = pthread_key_t()
        precondition(pthread_key_create(&key, nil) == 0, "the process has no room for one more thread key")
        self.key = key
    }

    /// The object of this thread.
    var object: Object? {
        pthread_getspecific(key).map { Unmanaged<Object>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Holds an object while a body runs.
    func hold<Result>(_ object: Object, _ body: () throws -> Result) rethrows -> Result {
        let before = pthread_getspecific(key)
        pthread_setspecific(key, Unmanaged.passUnretained(object).toOpaque())
        defer { pthread_setspecific(key, before) }
        return try withExtendedLifetime(object, body)
    }
}
