#include "CAllocationCount.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>

// glibc's own allocator under its second names.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

// One counter a thread: no cache line is shared, so that counting costs next to nothing.
static _Thread_local uint64_t allocations;

void *malloc(size_t size) {
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
    allocations++;
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    allocations++;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) { return EINVAL; }
    void *made = memalign(alignment, size);
    if (made == NULL) { return ENOMEM; }
    *memory = made;
    return 0;
}

uint64_t hubwatch_allocations(void) { return allocations; }

uint64_t hubwatch_allocated_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

__attribute__((noinline)) void hubwatch_measured(void (*body)(void *), void *context) {
    body(context);
    // Keeps the call from becoming a jump, which callgrind would not see return.
    __asm__ volatile("" ::: "memory");
}
