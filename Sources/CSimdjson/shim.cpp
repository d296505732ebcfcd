#include "CSimdjson.h"

#include <simdjson.h>

#include <memory>
#include <new>
#include <string>

// The index and the tape are public members that upstream calls private in comments: a new major version may move them.
static_assert(simdjson::SIMDJSON_VERSION_MAJOR == 3, "the shim reads members that are known for simdjson 3 only");
static_assert(sizeof(uint32_t) == 4 && simdjson::SIMDJSON_PADDING <= 64, "callers give 64 bytes of padding");

using simdjson::error_code;
using simdjson::internal::dom_parser_implementation;

struct csj_indexer {
    std::unique_ptr<dom_parser_implementation> implementation;
    std::unique_ptr<simdjson::dom::parser> parser;
    size_t parser_depth = 0;
};

namespace {

constexpr size_t smallest_capacity = 64 * 1024;

csj_status translate(error_code error) {
    switch (error) {
    case simdjson::SUCCESS: return csj_ok;
    case simdjson::EMPTY: return csj_empty;
    case simdjson::UTF8_ERROR: return csj_invalid_utf8;
    case simdjson::UNESCAPED_CHARS: return csj_control_character;
    case simdjson::UNCLOSED_STRING: return csj_unclosed_string;
    case simdjson::MEMALLOC:
    case simdjson::CAPACITY: return csj_out_of_memory;
    case simdjson::DEPTH_ERROR: return csj_too_deep;
    default: return csj_invalid;
    }
}

/// Grows in powers of two, so that a stream of slowly growing bodies does not allocate for each.
size_t rounded_capacity(size_t length) {
    size_t capacity = smallest_capacity;
    while (capacity < length) { capacity *= 2; }
    return capacity;
}

error_code reserve(csj_indexer &indexer, size_t length) {
    if (length > (size_t(1) << 31)) { return simdjson::CAPACITY; }
    if (!indexer.implementation) {
        return simdjson::get_active_implementation()->create_dom_parser_implementation(
            rounded_capacity(length), simdjson::DEFAULT_MAX_DEPTH, indexer.implementation);
    }
    if (indexer.implementation->capacity() >= length) { return simdjson::SUCCESS; }
    return indexer.implementation->allocate(rounded_capacity(length), simdjson::DEFAULT_MAX_DEPTH);
}

/// The kernel without SIMD passes over the byte behind a backslash unseen, also over a control character, which the
/// others refuse. A text must not be accepted on one machine and refused on another.
bool hides_control_character(const uint8_t *bytes, size_t length) {
    static const bool is_fallback = strcmp(csj_kernel_name(), "fallback") == 0;
    if (!is_fallback) { return false; }
    const uint8_t *end = bytes + length;
    while (bytes < end) {
        bytes = static_cast<const uint8_t *>(memchr(bytes, '\\', size_t(end - bytes)));
        if (bytes == nullptr || bytes + 1 >= end) { return false; }
        if (bytes[1] < 0x20) { return true; }
        bytes += 2;
    }
    return false;
}

}  // namespace

csj_indexer *csj_indexer_new(void) { return new (std::nothrow) csj_indexer(); }

void csj_indexer_free(csj_indexer *indexer) { delete indexer; }

csj_index csj_index_text(csj_indexer *indexer, const uint8_t *bytes, size_t length) {
    csj_index result = {nullptr, 0, csj_empty};
    if (length == 0) { return result; }
    error_code error = reserve(*indexer, length);
    if (error == simdjson::SUCCESS) {
        error = indexer->implementation->stage1(bytes, length, simdjson::stage1_mode::regular);
    }
    if (error == simdjson::SUCCESS && hides_control_character(bytes, length)) { error = simdjson::UNESCAPED_CHARS; }
    result.status = translate(error);
    if (error == simdjson::SUCCESS) {
        result.offsets = indexer->implementation->structural_indexes.get();
        result.count = indexer->implementation->n_structural_indexes;
    }
    return result;
}

csj_status csj_check_text(csj_indexer *indexer, const uint8_t *bytes, size_t length, size_t depth_max) {
    if (!indexer->parser || indexer->parser_depth != depth_max) {
        indexer->parser.reset(new (std::nothrow) simdjson::dom::parser());
        if (!indexer->parser) { return csj_out_of_memory; }
        indexer->parser_depth = depth_max;
    }
    if (indexer->parser->capacity() < length || indexer->parser->max_depth() != depth_max) {
        error_code error = indexer->parser->allocate(rounded_capacity(length), depth_max);
        if (error != simdjson::SUCCESS) { return translate(error); }
    }
    return translate(indexer->parser->parse(bytes, length, false).error());
}

const char *csj_kernel_name(void) {
    // The active implementation is a lazy selector until its first use; `name` triggers the choice.
    static const std::string name = [] {
        std::unique_ptr<dom_parser_implementation> probe;
        (void)simdjson::get_active_implementation()->create_dom_parser_implementation(64, 4, probe);
        return simdjson::get_active_implementation()->name();
    }();
    return name.c_str();
}

int csj_self_test(void) {
    static const char text[] =
        "{\"a\":[1, \"b\\\"c\",true ],\"d\":{}}"
        "                                                                ";
    static const uint32_t offsets[] = {0, 1, 4, 5, 6, 7, 9, 15, 16, 21, 22, 23, 26, 27, 28, 29};
    static const char tape_types[] = "r{\"[l\"t]\"{}}r";
    constexpr size_t length = 30, count = sizeof offsets / sizeof offsets[0];

    std::unique_ptr<csj_indexer> indexer(csj_indexer_new());
    if (!indexer) { return 0; }
    csj_index index = csj_index_text(indexer.get(), reinterpret_cast<const uint8_t *>(text), length);
    if (index.status != csj_ok || index.count != count || index.offsets[count] != length) { return 0; }
    for (size_t i = 0; i < count; i++) {
        if (index.offsets[i] != offsets[i]) { return 0; }
    }
    if (csj_check_text(indexer.get(), reinterpret_cast<const uint8_t *>(text), length, 64) != csj_ok) { return 0; }
    const uint64_t *tape = indexer->parser->doc.tape.get();
    for (size_t i = 0, at = 0; tape_types[i] != 0; i++, at++) {
        if (char(tape[at] >> 56) != tape_types[i]) { return 0; }
        if (tape_types[i] == 'l') { at++; }  // the number itself follows in a word of its own
    }
    return 1;
}
