#include "sqlite_faults.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

// One layer over the default VFS: each file is the layer's own header followed by the lower file.

typedef struct {
    sqlite3_file base;
    char *path;
    sqlite3_file *lower;
} faults_file;

static sqlite3_vfs *lower_vfs;
static sqlite3_vfs layer;
static sqlite3_io_methods methods;
static const char *watched_part;
static sqlite_faults_judge judge_operation;

static sqlite_faults_answer ask(
    sqlite_faults_kind kind, const char *path, int64_t offset, const void *bytes, int64_t count) {
    sqlite_faults_operation operation = {kind, path, offset, bytes, count};
    return judge_operation(&operation);
}

static int is_watched(const char *path) { return path != NULL && strstr(path, watched_part) != NULL; }

static sqlite3_file *lower_of(sqlite3_file *file) { return ((faults_file *)file)->lower; }
static const char *path_of(sqlite3_file *file) { return ((faults_file *)file)->path; }

static int faults_close(sqlite3_file *file) {
    int code = lower_of(file)->pMethods->xClose(lower_of(file));
    free(((faults_file *)file)->path);
    return code;
}

static int faults_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
    sqlite_faults_answer answer = ask(SQLITE_FAULTS_READ, path_of(file), offset, NULL, count);
    if (answer.code != SQLITE_OK) return answer.code;
    return lower_of(file)->pMethods->xRead(lower_of(file), bytes, count, offset);
}

static int faults_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    sqlite_faults_answer answer = ask(SQLITE_FAULTS_WRITE, path_of(file), offset, bytes, count);
    if (answer.code == SQLITE_OK) return lower_of(file)->pMethods->xWrite(lower_of(file), bytes, count, offset);
    if (answer.torn > 0 && answer.torn < count) {
        lower_of(file)->pMethods->xWrite(lower_of(file), bytes, (int)answer.torn, offset);
    }
    return answer.code;
}

static int faults_truncate(sqlite3_file *file, sqlite3_int64 size) {
    sqlite_faults_answer answer = ask(SQLITE_FAULTS_TRUNCATE, path_of(file), size, NULL, 0);
    if (answer.code != SQLITE_OK) return answer.code;
    return lower_of(file)->pMethods->xTruncate(lower_of(file), size);
}

static int faults_sync(sqlite3_file *file, int flags) {
    sqlite_faults_answer answer = ask(SQLITE_FAULTS_SYNC, path_of(file), 0, NULL, 0);
    if (answer.code != SQLITE_OK) return answer.code;
    return lower_of(file)->pMethods->xSync(lower_of(file), flags);
}

static int faults_size(sqlite3_file *file, sqlite3_int64 *size) {
    return lower_of(file)->pMethods->xFileSize(lower_of(file), size);
}
static int faults_lock(sqlite3_file *file, int level) {
    return lower_of(file)->pMethods->xLock(lower_of(file), level);
}
static int faults_unlock(sqlite3_file *file, int level) {
    return lower_of(file)->pMethods->xUnlock(lower_of(file), level);
}
static int faults_check_lock(sqlite3_file *file, int *result) {
    return lower_of(file)->pMethods->xCheckReservedLock(lower_of(file), result);
}
static int faults_control(sqlite3_file *file, int operation, void *argument) {
    return lower_of(file)->pMethods->xFileControl(lower_of(file), operation, argument);
}
static int faults_sector(sqlite3_file *file) { return lower_of(file)->pMethods->xSectorSize(lower_of(file)); }
static int faults_characteristics(sqlite3_file *file) {
    return lower_of(file)->pMethods->xDeviceCharacteristics(lower_of(file));
}
static int faults_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out) {
    return lower_of(file)->pMethods->xShmMap(lower_of(file), page, size, extend, out);
}
static int faults_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return lower_of(file)->pMethods->xShmLock(lower_of(file), offset, count, flags);
}
static void faults_shm_barrier(sqlite3_file *file) { lower_of(file)->pMethods->xShmBarrier(lower_of(file)); }
static int faults_shm_unmap(sqlite3_file *file, int remove) {
    return lower_of(file)->pMethods->xShmUnmap(lower_of(file), remove);
}

static int faults_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags) {
    (void)vfs;
    if (!is_watched(name)) return lower_vfs->xOpen(lower_vfs, name, file, flags, out_flags);
    faults_file *opened = (faults_file *)file;
    opened->base.pMethods = NULL;
    sqlite_faults_answer answer = ask(SQLITE_FAULTS_OPEN, name, 0, NULL, 0);
    if (answer.code != SQLITE_OK) return answer.code;
    opened->lower = (sqlite3_file *)(opened + 1);
    opened->path = strdup(name);
    if (opened->path == NULL) return SQLITE_NOMEM;
    int code = lower_vfs->xOpen(lower_vfs, name, opened->lower, flags, out_flags);
    if (code != SQLITE_OK) {
        free(opened->path);
        return code;
    }
    opened->base.pMethods = &methods;
    return SQLITE_OK;
}

static int faults_delete(sqlite3_vfs *vfs, const char *name, int sync_folder) {
    (void)vfs;
    if (is_watched(name)) {
        sqlite_faults_answer answer = ask(SQLITE_FAULTS_DELETE, name, 0, NULL, 0);
        if (answer.code != SQLITE_OK) return answer.code;
    }
    return lower_vfs->xDelete(lower_vfs, name, sync_folder);
}

int sqlite_faults_install(const char *part, sqlite_faults_judge judge) {
    lower_vfs = sqlite3_vfs_find(NULL);
    if (lower_vfs == NULL || lower_vfs == &layer) return SQLITE_MISUSE;
    watched_part = strdup(part);
    if (watched_part == NULL) return SQLITE_NOMEM;
    judge_operation = judge;
    methods = (sqlite3_io_methods){
        .iVersion = 2,
        .xClose = faults_close,
        .xRead = faults_read,
        .xWrite = faults_write,
        .xTruncate = faults_truncate,
        .xSync = faults_sync,
        .xFileSize = faults_size,
        .xLock = faults_lock,
        .xUnlock = faults_unlock,
        .xCheckReservedLock = faults_check_lock,
        .xFileControl = faults_control,
        .xSectorSize = faults_sector,
        .xDeviceCharacteristics = faults_characteristics,
        .xShmMap = faults_shm_map,
        .xShmLock = faults_shm_lock,
        .xShmBarrier = faults_shm_barrier,
        .xShmUnmap = faults_shm_unmap,
    };
    // Everything that is not about a single file goes straight to the lower one, which finds its own functions.
    layer = *lower_vfs;
    layer.pNext = NULL;
    layer.zName = "hubwatch-faults";
    layer.szOsFile = (int)sizeof(faults_file) + lower_vfs->szOsFile;
    layer.xOpen = faults_open;
    layer.xDelete = faults_delete;
    return sqlite3_vfs_register(&layer, 1);
}
