// Shows the thread sanitizer the order that a contended Synchronization.Mutex brings about.
//
// The fast way through a Mutex is inlined into our own code, where the sanitizer sees it. The slow way, taken when another thread
// holds the lock or waits for it, lies in libswiftSynchronization, which is not instrumented: without this file, two holders that
// waited for each other look like a race. An executable's own definition of a function comes before that of a library, so these
// three are called first, say what the sanitizer would have seen, and call the library's.
//
// Linked by `make test SANITIZE=thread` into everything that it builds, and into nothing else.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

// From sanitizer/tsan_interface.h.
void __tsan_acquire(void *address);
void __tsan_release(void *address);

// Methods of Swift, which have the mutex itself in the context's register.
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK_SLOW "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock_slow(uint32_t thread, SELF mutex) __asm__(LOCK_SLOW);
SWIFT bool try_lock_slow(SELF mutex) __asm__(TRY_LOCK_SLOW);
SWIFT void unlock_slow(SELF mutex) __asm__(UNLOCK_SLOW);

SWIFT void lock_slow(uint32_t thread, SELF mutex) {
  SWIFT void (*library)(uint32_t, SELF) = dlsym(RTLD_NEXT, LOCK_SLOW);
  library(thread, mutex);
  __tsan_acquire(mutex);
}

SWIFT bool try_lock_slow(SELF mutex) {
  SWIFT bool (*library)(SELF) = dlsym(RTLD_NEXT, TRY_LOCK_SLOW);
  bool is_held = library(mutex);
  if (is_held) __tsan_acquire(mutex);
  return is_held;
}

SWIFT void unlock_slow(SELF mutex) {
  SWIFT void (*library)(SELF) = dlsym(RTLD_NEXT, UNLOCK_SLOW);
  __tsan_release(mutex);
  library(mutex);
}
