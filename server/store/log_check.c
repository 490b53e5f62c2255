// SPDX-License-Identifier: MIT
/*
 * Reads the file, its write-ahead log and its rollback journal through SQLite's VFS,
 * but none of SQLite's code above it.  https://sqlite.org/fileformat2.html has the
 * formats.
 */
#include "server/store/log_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "common/base/format.h"
#include "server/store/database_impl.h"

enum {
    NAME_BYTES_MAX = 4096 + 16,
    PAGE_MIN = 512,
    PAGE_MAX = 65536,
    /* the file's header */
    HEADER_BYTES = 100,
    READ_VERSION_AT = 19, /* 2: it has a write-ahead log */
    MARK_AT = 60,         /* user_version but for its lowest byte */
    MARK_BYTES = 3,
    /* a write-ahead log */
    LOG_HEADER = 32,
    LOG_MAGIC = 0x377f0682, /* one more: the sums are of big-endian words */
    LOG_SUMMED = 24,
    FRAME_HEADER = 24,
    FRAME_SUMMED = 8,
    /* a rollback journal */
    JOURNAL_HEADER = 28,
};

/* A file that is being read; size 0: it is empty or not there. */
struct reader {
    char name[NAME_BYTES_MAX];
    sqlite3_file *file;
    sqlite3_int64 size;
};

/* ---- reading ---- */

static int refuse_read(const struct reader *r, int rc, struct error *why)
{
    char said[FORMAT_MAX], shown[NAME_BYTES_MAX];
    int err = (rc & 0xff) == SQLITE_NOMEM      ? -ENOMEM
              : (rc & 0xff) == SQLITE_FULL     ? -ENOSPC
              : (rc & 0xff) == SQLITE_CANTOPEN ? -EACCES
                                               : -EIO;
    return error_set(why, err, NULL, "cannot read %s: %s",
                     format_escape_str(shown, 500, r->name),
                     format_error(said, sizeof(said), err));
}

static int reader_open(struct reader *r, const char *path, const char *suffix,
                       struct error *why)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    int there = 0;
    *r = (struct reader){.file = NULL};
    if (!vfs)
        return refuse_read(r, SQLITE_NOMEM, why);
    snprintf(r->name, sizeof(r->name), "%s%s", path, suffix);
    int rc = vfs->xAccess(vfs, r->name, SQLITE_ACCESS_EXISTS, &there);
    if (rc != SQLITE_OK || !there)
        return rc == SQLITE_OK ? 0 : refuse_read(r, rc, why);
    r->file = mem_zero(1, (size_t)vfs->szOsFile);
    /* opened as a kind of file that SQLite does not lock */
    rc = vfs->xOpen(vfs, r->name, r->file,
                    SQLITE_OPEN_READONLY | SQLITE_OPEN_SUPER_JOURNAL, NULL);
    if (rc == SQLITE_OK)
        rc = r->file->pMethods->xFileSize(r->file, &r->size);
    return rc == SQLITE_OK ? 0 : refuse_read(r, rc, why);
}

static void reader_close(struct reader *r)
{
    if (r->file && r->file->pMethods)
        r->file->pMethods->xClose(r->file);
    free(r->file);
}

/* The bytes must be there. */
static int reader_read(struct reader *r, void *to, size_t n, sqlite3_int64 at,
                       struct error *why)
{
    int rc = r->file->pMethods->xRead(r->file, to, (int)n, at);
    return rc == SQLITE_OK ? 0 : refuse_read(r, rc, why);
}

/* ---- the write-ahead log ---- */

/* The running sum over a log: each frame's covers all before it. */
struct sum {
    bool big; /* over big-endian words */
    uint32_t a, b;
};

static void sum_add(struct sum *s, const uint8_t *p, size_t n)
{
    for (const uint8_t *end = p + n; p < end; p += 8) {
        uint32_t x = database_big_endian(p), y = database_big_endian(p + 4);
        s->a += (s->big ? x : __builtin_bswap32(x)) + s->b;
        s->b += (s->big ? y : __builtin_bswap32(y)) + s->a;
    }
}

static bool sum_is(const struct sum *s, const uint8_t *stored)
{
    return s->a == database_big_endian(stored) &&
           s->b == database_big_endian(stored + 4);
}

/*
 * What the complete transactions of a log say.  A power cut may have torn the bytes of
 * the file's mark between two values, both of which its log has; so each byte of the
 * mark is looked for by itself.
 */
struct found {
    bool any;    /* transactions */
    bool marked; /* some page 1 has a mark */
    bool same[MARK_BYTES];
};

static void found_page(struct found *f, const uint8_t *page, const uint8_t *mark)
{
    for (size_t i = 0; i < MARK_BYTES; i++) {
        f->marked |= page[MARK_AT + i] != 0;
        f->same[i] |= page[MARK_AT + i] == mark[i];
    }
}

/* Whether the frame, a header and a page, continues the log. */
static bool frame_valid(const uint8_t *frame, size_t page, const uint8_t *log_header,
                        struct sum *sum)
{
    if (database_big_endian(frame) == 0 || memcmp(frame + 8, log_header + 16, 8) != 0)
        return false;
    sum_add(sum, frame, FRAME_SUMMED);
    sum_add(sum, frame + FRAME_HEADER, page);
    return sum_is(sum, frame + 16);
}

static int scan_frames(struct reader *log, const uint8_t *header, struct sum *sum,
                       const uint8_t *mark, struct found *ret, struct error *why)
{
    size_t page = database_big_endian(header + 8), n = FRAME_HEADER + page;
    uint8_t *frame = mem_zero(1, n);
    struct found read = {.any = true};
    int err = 0;
    for (sqlite3_int64 at = LOG_HEADER; at + (sqlite3_int64)n <= log->size;
         at += (sqlite3_int64)n) {
        err = reader_read(log, frame, n, at, why);
        if (err < 0 || !frame_valid(frame, page, header, sum))
            break;
        if (database_big_endian(frame) == 1)
            found_page(&read, frame + FRAME_HEADER, mark);
        if (database_big_endian(frame + 4) != 0) /* the last frame of a transaction */
            *ret = read;
    }
    free(frame);
    return err;
}

/* *ret is zero, and stays so where nothing is complete. */
static int scan_log(struct reader *log, const uint8_t *mark, struct found *ret,
                    struct error *why)
{
    uint8_t header[LOG_HEADER];
    if (log->size <= LOG_HEADER)
        return 0;
    int err = reader_read(log, header, sizeof(header), 0, why);
    if (err < 0)
        return err;
    uint32_t magic = database_big_endian(header),
             page = database_big_endian(header + 8);
    struct sum sum = {.big = magic & 1};
    sum_add(&sum, header, LOG_SUMMED);
    if ((magic & ~1u) != LOG_MAGIC || page < PAGE_MIN || page > PAGE_MAX ||
        (page & (page - 1)) != 0 || !sum_is(&sum, header + LOG_SUMMED))
        return 0; /* nothing was ever complete in it */
    return scan_frames(log, header, &sum, mark, ret, why);
}

/* ---- the rollback journal ---- */

/* What changes in page 1 when a file gets its write-ahead log: versions of the format,
 * counters, the version of SQLite. */
static bool may_differ(size_t at)
{
    return at == 18 || at == 19 || (at >= 24 && at < 32) || (at >= 92 && at < 100);
}

/*
 * The only change that is made with a journal is that a file gets its write-ahead log,
 * which keeps its size and its first page; or makes the first page of an empty file.
 */
static int journal_own(struct reader *main, struct reader *journal, bool *ret,
                       struct error *why)
{
    static const uint8_t magic[8] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
    uint8_t header[JOURNAL_HEADER];
    *ret = true;
    if (journal->size < JOURNAL_HEADER)
        return 0;
    int err = reader_read(journal, header, sizeof(header), 0, why);
    if (err < 0 || memcmp(header, magic, sizeof(magic)) != 0)
        return err; /* nothing would come of it */
    sqlite3_int64 pages = database_big_endian(header + 16);
    sqlite3_int64 sector = database_big_endian(header + 20);
    sqlite3_int64 page = database_big_endian(header + 24);
    *ret = pages == 0 ? main->size <= page : main->size == pages * page;
    if (!*ret || pages == 0 || database_big_endian(header + 8) == 0 ||
        page > PAGE_MAX || journal->size < sector + 4 + page)
        return 0;
    uint8_t *now = mem_zero(1, (size_t)page), *before = mem_zero(1, (size_t)page + 4);
    err = reader_read(main, now, (size_t)page, 0, why);
    if (err == 0)
        err = reader_read(journal, before, (size_t)page + 4, sector, why);
    for (size_t i = 0; err == 0 && i < (size_t)page; i++)
        *ret &= may_differ(i) || now[i] == before[4 + i];
    free(now);
    free(before);
    return err;
}

/* ---- the verdict ---- */

static int refuse(const struct reader *main, const struct reader *log,
                  struct error *why)
{
    char file[260], beside[270];
    format_escape_str(file, sizeof(file), main->name);
    format_escape_str(beside, sizeof(beside), log->name);
    if (main->size == 0)
        return error_set(why, -ESTALE,
                         "put the file back beside its log, which holds what was saved "
                         "last; or, to begin anew, move the log away too",
                         "%s is missing, and its log is here: %s", file, beside);
    return error_set(
        why, -ESTALE,
        "put the log's own file back; or, to go on from this one, as from "
        "a backup, move the log away",
        "%s is the log of another file than %s; both were left as they are", beside,
        file);
}

static int check_log(struct reader *main, struct reader *log, struct error *why)
{
    static const bool all[MARK_BYTES] = {true, true, true};
    uint8_t header[HEADER_BYTES] = {0};
    struct found f = {.any = false};
    int err = main->size < HEADER_BYTES
                  ? 0
                  : reader_read(main, header, sizeof(header), 0, why);
    if (err == 0)
        err = scan_log(log, header + MARK_AT, &f, why);
    if (err < 0 || !f.any)
        return err;
    static const uint8_t none[MARK_BYTES];
    bool unmarked = !f.marked && memcmp(header + MARK_AT, none, MARK_BYTES) == 0;
    bool own = unmarked || memcmp(f.same, all, sizeof(all)) == 0;
    return header[READ_VERSION_AT] == 2 && own ? 0 : refuse(main, log, why);
}

static int check_journal(struct reader *main, struct reader *journal, struct error *why)
{
    bool own;
    int err = journal_own(main, journal, &own, why);
    return err < 0 || own ? err : refuse(main, journal, why);
}

int log_check(const char *path, struct error *ret_why)
{
    struct reader main, log = {.file = NULL}, journal = {.file = NULL};
    int err = reader_open(&main, path, "", ret_why);
    if (err == 0)
        err = reader_open(&log, path, "-wal", ret_why);
    if (err == 0)
        err = check_log(&main, &log, ret_why);
    if (err == 0)
        err = reader_open(&journal, path, "-journal", ret_why);
    if (err == 0)
        err = check_journal(&main, &journal, ret_why);
    reader_close(&main);
    reader_close(&log);
    reader_close(&journal);
    return err;
}
