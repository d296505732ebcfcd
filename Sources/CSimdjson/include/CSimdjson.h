#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A reusable indexer: finds the structural characters of a JSON text. Not thread safe.
typedef struct csj_indexer csj_indexer;

/// What indexing or checking a text found.
typedef enum csj_status {
    csj_ok = 0,
    csj_empty = 1,
    csj_invalid_utf8 = 2,
    csj_control_character = 3,
    csj_unclosed_string = 4,
    csj_out_of_memory = 5,
    csj_too_deep = 6,
    csj_invalid = 7
} csj_status;

/// Offsets of every bracket, colon, comma, opening quote and first byte of a bare word outside strings.
/// Valid until the indexer is used again. `offsets[count]` exists and equals the length of the text.
typedef struct csj_index {
    const uint32_t *offsets;
    size_t count;
    csj_status status;
} csj_index;

/// Makes an indexer, or NULL when memory is short.
csj_indexer *csj_indexer_new(void);

/// Frees an indexer; NULL is allowed.
void csj_indexer_free(csj_indexer *indexer);

/// Indexes a text. Checks UTF-8, closed strings and raw control characters inside strings, and nothing else.
/// Reads no byte past `length`.
csj_index csj_index_text(csj_indexer *indexer, const uint8_t *bytes, size_t length);

/// Parses a whole text with the library's full parser and says whether it is JSON. 64 readable bytes must follow it.
csj_status csj_check_text(csj_indexer *indexer, const uint8_t *bytes, size_t length, size_t depth_max);

/// Name of the kernel that the library chose for this processor.
const char *csj_kernel_name(void);

/// Compares the index and the tape of a known text with what this shim was written against. 1 when they agree.
int csj_self_test(void);

/// Offset of the first `byte` in a range, or `length`.
static inline size_t csj_find(const uint8_t *bytes, size_t length, uint8_t byte) {
    const void *found = length ? memchr(bytes, byte, length) : NULL;
    return found ? (size_t)((const uint8_t *)found - bytes) : length;
}

/// 1 when two ranges of one length hold the same bytes.
static inline int csj_equal(const uint8_t *a, const uint8_t *b, size_t length) {
    return memcmp(a, b, length) == 0;
}

#ifdef __cplusplus
}
#endif
