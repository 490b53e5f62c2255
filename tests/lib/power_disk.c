// SPDX-License-Identifier: MIT
#include "tests/lib/power_disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "common/base/base.h"

enum { SECTOR = 512, DISK_FILES = 8, DISK_NAME = 256 };

struct piece {
    uint64_t at;
    uint32_t bytes; /* 0: the file is cut to the length `at` */
    uint8_t data[SECTOR];
};

struct content {
    uint8_t *bytes;
    uint64_t size, capacity;
};

struct disk_file {
    char name[DISK_NAME]; /* "": unused */
    bool there, safely_there;
    struct content live, safe; /* with unsynced writes; as synced */
    struct piece *pieces;
    size_t n, capacity;
};

struct power_disk disk;
static struct disk_file files[DISK_FILES];

/* ---- contents ---- */

static void content_reach(struct content *c, uint64_t size)
{
    if (size > c->capacity) {
        c->capacity = 2 * size;
        c->bytes = mem_resize(c->bytes, c->capacity, 1);
    }
    if (size > c->size) {
        memset(c->bytes + c->size, 0, size - c->size);
        c->size = size;
    }
}

static void content_put(struct content *c, const struct piece *p, uint32_t bytes)
{
    if (p->bytes == 0) {
        if (p->at < c->size)
            c->size = p->at;
        return;
    }
    content_reach(c, p->at + bytes);
    memcpy(c->bytes + p->at, p->data, bytes);
}

static void content_copy(struct content *to, const struct content *from)
{
    to->size = 0;
    content_reach(to, from->size);
    if (from->size)
        memcpy(to->bytes, from->bytes, from->size);
}

static void file_add(struct disk_file *f, const struct piece *p)
{
    if (f->n == f->capacity) {
        f->capacity = f->capacity ? 2 * f->capacity : 64;
        f->pieces = mem_resize(f->pieces, f->capacity, sizeof(*f->pieces));
    }
    f->pieces[f->n++] = *p;
    content_put(&f->live, p, p->bytes);
}

/* ---- faults ---- */

/* Counts an operation; SQLITE_OK, or the result code if it must fail. */
static int disk_operation(void)
{
    disk.operations++;
    if (disk.operations == disk.cut_at)
        disk.off = true;
    if (disk.off)
        return SQLITE_IOERR;
    return disk.operations == disk.fail_at ? disk.fail_code : SQLITE_OK;
}

void disk_power_on(void)
{
    for (size_t i = 0; i < DISK_FILES; i++) {
        struct disk_file *f = &files[i];
        uint64_t survive = rng_below(&disk.rng, 5); /* 0 to 4 quarters of them */
        for (size_t k = 0; k < f->n; k++) {
            struct piece *p = &f->pieces[k];
            if (rng_below(&disk.rng, 4) >= survive)
                continue;
            bool torn = p->bytes > 1 && rng_below(&disk.rng, 8) == 0;
            content_put(&f->safe, p,
                        torn ? 1 + (uint32_t)rng_below(&disk.rng, p->bytes) : p->bytes);
        }
        f->n = 0;
        content_copy(&f->live, &f->safe);
        if (f->there != f->safely_there)
            f->there = f->safely_there = rng_below(&disk.rng, 2);
    }
    disk.off = false;
    disk.cut_at = 0;
}

void disk_wipe(void)
{
    for (size_t i = 0; i < DISK_FILES; i++) {
        free(files[i].live.bytes);
        free(files[i].safe.bytes);
        free(files[i].pieces);
        files[i] = (struct disk_file){0};
    }
    disk.off = disk.liar = disk.full = disk.over_quota = false;
    disk.cut_at = disk.fail_at = 0;
    disk.stalled = false;
}

/* ---- a file ---- */

struct handle {
    sqlite3_file base;
    struct disk_file *file;
};

static struct disk_file *file_of(sqlite3_file *h)
{
    return ((struct handle *)h)->file;
}

static int handle_close(sqlite3_file *h)
{
    (void)h;
    return SQLITE_OK;
}

static int handle_read(sqlite3_file *h, void *to, int bytes, sqlite3_int64 at)
{
    const struct content *c = &file_of(h)->live;
    uint64_t from = (uint64_t)at, n = (uint64_t)bytes;
    if (disk.off)
        return SQLITE_IOERR_READ;
    uint64_t there = from < c->size ? c->size - from : 0;
    if (there > n)
        there = n;
    if (there)
        memcpy(to, c->bytes + from, there);
    memset((uint8_t *)to + there, 0, n - there);
    return there == n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

/* A failed write may write some of its sectors. */
static int handle_write(sqlite3_file *h, const void *from, int bytes, sqlite3_int64 at)
{
    int rc = disk_operation();
    if (rc == SQLITE_OK && disk.full)
        return SQLITE_FULL;
    if (rc == SQLITE_OK && disk.over_quota)
        return SQLITE_IOERR_WRITE;
    const uint8_t *p = from;
    uint64_t to = (uint64_t)at, end = to + (uint64_t)bytes;
    bool whole = rc == SQLITE_OK;
    while (to < end) {
        struct piece piece = {.at = to, .bytes = SECTOR - (uint32_t)(to % SECTOR)};
        if (piece.bytes > end - to)
            piece.bytes = (uint32_t)(end - to);
        memcpy(piece.data, p, piece.bytes);
        if (whole || rng_below(&disk.rng, 2))
            file_add(file_of(h), &piece);
        to += piece.bytes;
        p += piece.bytes;
    }
    return rc;
}

static int handle_truncate(sqlite3_file *h, sqlite3_int64 size)
{
    int rc = disk_operation();
    if (rc == SQLITE_OK)
        file_add(file_of(h), &(struct piece){.at = (uint64_t)size});
    return rc;
}

static int handle_sync(sqlite3_file *h, int flags)
{
    struct disk_file *f = file_of(h);
    int rc = disk_operation();
    (void)flags;
    if (disk.off)
        return rc; /* disk_power_on() decides how much of it survives */
    while (disk.stalled)
        sqlite3_sleep(1);
    if (disk.liar && rc == SQLITE_OK)
        return rc;
    for (size_t i = 0; i < f->n; i++)
        if (rc == SQLITE_OK || rng_below(&disk.rng, 2))
            content_put(&f->safe, &f->pieces[i], f->pieces[i].bytes);
    f->n = 0;
    if (rc == SQLITE_OK)
        f->safely_there = f->there;
    return rc;
}

static int handle_size(sqlite3_file *h, sqlite3_int64 *ret)
{
    *ret = (sqlite3_int64)file_of(h)->live.size;
    return SQLITE_OK;
}

static int handle_lock(sqlite3_file *h, int level)
{
    (void)h;
    (void)level;
    return SQLITE_OK;
}

static int handle_reserved(sqlite3_file *h, int *ret)
{
    (void)h;
    *ret = 0;
    return SQLITE_OK;
}

static int handle_control(sqlite3_file *h, int what, void *arg)
{
    (void)h;
    if (what != SQLITE_FCNTL_LAST_ERRNO)
        return SQLITE_NOTFOUND;
    *(int *)arg = disk.over_quota ? EDQUOT : 0;
    return SQLITE_OK;
}

static int handle_sector(sqlite3_file *h)
{
    (void)h;
    return SECTOR;
}

/* As the default VFS: a write, even a failed one, leaves adjacent bytes alone. */
static int handle_traits(sqlite3_file *h)
{
    (void)h;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* Version 1, without shared memory: a single connection needs none. */
static const sqlite3_io_methods handle_methods = {
    .iVersion = 1,
    .xClose = handle_close,
    .xRead = handle_read,
    .xWrite = handle_write,
    .xTruncate = handle_truncate,
    .xSync = handle_sync,
    .xFileSize = handle_size,
    .xLock = handle_lock,
    .xUnlock = handle_lock,
    .xCheckReservedLock = handle_reserved,
    .xFileControl = handle_control,
    .xSectorSize = handle_sector,
    .xDeviceCharacteristics = handle_traits,
};

/* ---- the disk ---- */

static struct disk_file *disk_find(const char *name, bool make)
{
    struct disk_file *unused = NULL;
    for (size_t i = 0; i < DISK_FILES; i++) {
        if (name && !strcmp(files[i].name, name))
            return &files[i];
        if (!*files[i].name)
            unused = &files[i];
    }
    if (!make || !unused)
        return NULL;
    snprintf(unused->name, sizeof(unused->name), "%s", name ? name : "temporary");
    return unused;
}

uint8_t *disk_get(const char *name, size_t *ret_n)
{
    const struct disk_file *f = disk_find(name, false);
    if (!f || !f->there)
        return NULL;
    uint8_t *copy = mem_zero(f->live.size + 1, 1);
    if (f->live.size)
        memcpy(copy, f->live.bytes, f->live.size);
    *ret_n = f->live.size;
    return copy;
}

void disk_put(const char *name, const uint8_t *bytes, size_t n)
{
    struct disk_file *f = disk_find(name, true);
    f->n = 0;
    f->live.size = f->safe.size = 0;
    f->there = f->safely_there = bytes != NULL;
    if (!bytes)
        return;
    content_reach(&f->live, n);
    memcpy(f->live.bytes, bytes, n);
    content_copy(&f->safe, &f->live);
}

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *h, int flags,
                     int *ret_flags)
{
    struct disk_file *f = disk_find(name, flags & SQLITE_OPEN_CREATE);
    (void)vfs;
    h->pMethods = NULL;
    int rc = disk_operation();
    if (rc != SQLITE_OK)
        return rc == SQLITE_FULL || rc == SQLITE_NOMEM ? rc : SQLITE_CANTOPEN;
    if (!f || (!f->there && !(flags & SQLITE_OPEN_CREATE)))
        return SQLITE_CANTOPEN;
    f->there = true;
    ((struct handle *)h)->file = f;
    h->pMethods = &handle_methods;
    if (ret_flags)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    struct disk_file *f = disk_find(name, false);
    (void)vfs;
    int rc = disk_operation();
    if (rc != SQLITE_OK)
        return SQLITE_IOERR_DELETE;
    if (!f || !f->there)
        return SQLITE_IOERR_DELETE_NOENT;
    f->there = false;
    if (sync)
        f->safely_there = false;
    file_add(f, &(struct piece){.at = 0});
    return SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
    const struct disk_file *f = disk_find(name, false);
    (void)vfs;
    (void)flags;
    *ret = f && f->there;
    return SQLITE_OK;
}

static int disk_path(sqlite3_vfs *vfs, const char *name, int bytes, char *ret)
{
    (void)vfs;
    return snprintf(ret, (size_t)bytes, "%s", name) < bytes ? SQLITE_OK : SQLITE_ERROR;
}

static int disk_random(sqlite3_vfs *vfs, int bytes, char *ret)
{
    (void)vfs;
    for (int i = 0; i < bytes; i++)
        ret[i] = (char)rng_next(&disk.rng);
    return bytes;
}

static int disk_sleep(sqlite3_vfs *vfs, int micros)
{
    sqlite3_vfs *real = vfs->pAppData;
    return real->xSleep(real, micros);
}

static int disk_time(sqlite3_vfs *vfs, double *ret)
{
    (void)vfs;
    *ret = 2461000.5;
    return SQLITE_OK;
}

static int disk_error(sqlite3_vfs *vfs, int bytes, char *ret)
{
    (void)vfs;
    if (bytes)
        *ret = '\0';
    return 0;
}

void disk_install(uint64_t seed)
{
    static sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = sizeof(struct handle),
        .mxPathname = DISK_NAME - 8,
        .zName = "power",
        .xOpen = disk_open,
        .xDelete = disk_delete,
        .xAccess = disk_access,
        .xFullPathname = disk_path,
        .xRandomness = disk_random,
        .xSleep = disk_sleep,
        .xCurrentTime = disk_time,
        .xGetLastError = disk_error,
    };
    uint8_t bytes[32] = {0};
    memcpy(bytes, &seed, sizeof(seed));
    rng_init(&disk.rng, bytes);
    if (vfs.pAppData)
        return;
    vfs.pAppData = sqlite3_vfs_find(NULL);
    sqlite3_vfs_register(&vfs, 1);
}
