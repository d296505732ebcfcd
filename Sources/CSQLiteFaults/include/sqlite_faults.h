#ifndef HUBWATCH_SQLITE_FAULTS_H
#define HUBWATCH_SQLITE_FAULTS_H

#include <stdint.h>

/// What SQLite is about to do to a file.
typedef enum {
    SQLITE_FAULTS_OPEN = 0,
    SQLITE_FAULTS_READ = 1,
    SQLITE_FAULTS_WRITE = 2,
    SQLITE_FAULTS_SYNC = 3,
    SQLITE_FAULTS_TRUNCATE = 4,
    SQLITE_FAULTS_DELETE = 5
} sqlite_faults_kind;

/// One operation, before it happens. `path` is valid during the call.
typedef struct {
    sqlite_faults_kind kind;
    const char *path;
    int64_t offset;
    const void *bytes;
    int64_t count;
} sqlite_faults_operation;

/// The answer: `code` is 0 to go on, or the SQLite result to give instead. Of a write that fails, the first `torn` bytes are
/// written before.
typedef struct {
    int code;
    int64_t torn;
} sqlite_faults_answer;

typedef sqlite_faults_answer (*sqlite_faults_judge)(const sqlite_faults_operation *operation);

/// Puts a file system in front of SQLite's default one that asks `judge` before each operation on a file whose path
/// contains `part`; other files are passed through. Once per process. Returns a SQLite result code.
int sqlite_faults_install(const char *part, sqlite_faults_judge judge);

#endif
