#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Calls of malloc, calloc, realloc and their aligned kin that this thread has made.
///
/// A program that links this target has its allocator wrapped: glibc's own does the work, one counter more is raised.
uint64_t hubwatch_allocations(void);

/// Bytes that the allocator has handed out and not got back, over all threads.
uint64_t hubwatch_allocated_bytes(void);

/// Calls a body: callgrind counts what runs in here, and nothing else (`--toggle-collect=hubwatch_measured`).
void hubwatch_measured(void (*body)(void *), void *context);

#ifdef __cplusplus
}
#endif
