// SPDX-License-Identifier: MIT
/*
 * Opening a file: picoord determines what it is before it changes anything.  A foreign
 * or damaged file, or one of another version, is left as it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/format.h"
#include "server/store/check.h"
#include "server/store/database_impl.h"
#include "server/store/log_check.h"
#include "server/store/schema.h"

enum { HEADER_BYTES = 100, COOKIE_AT = 40, VERSION_AT = 60, APPLICATION_AT = 68 };

/*
 * NORMAL could lose acknowledged results in a power cut.  EXTRA until the file has its
 * write-ahead log: the rollback journal of that change of mode must not come back after
 * a power cut and undo it.  From then on FULL is just as safe.  EXCLUSIVE before the
 * first use of the log keeps its index in memory and keeps other processes out. The log
 * is copied into the file by database_tidy(), which reports a failure.
 */
static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE;"
                               "PRAGMA trusted_schema = OFF;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA foreign_keys = ON;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA synchronous = EXTRA;"
                               "PRAGMA wal_autocheckpoint = 0;"
                               "PRAGMA journal_size_limit = 16777216;";

/* ---- errors ---- */

static int refuse_foreign(const char *path, struct error *p)
{
    return error_set(p, -EPROTO,
                     "move it away, or choose another directory: --state DIR",
                     "%s is no state of picoord; it was left as it is", path);
}

static int refuse_version(const char *path, uint32_t version, struct error *p)
{
    return error_set(
        p, -EPROTO, "use the picoord that wrote it, or another directory: --state DIR",
        "%s is of version %u, this picoord knows version %d; it was left as "
        "it is",
        path, version, SCHEMA_VERSION);
}

static int refuse_damaged(const char *path, const char *how, struct error *p)
{
    return error_set(
        p, -EBADMSG,
        "picoord --check says more; put a backup in its place, without the log",
        "%s is damaged: %s; it was left as it is", path, how);
}

static int refuse_error(const char *path, int err, const char *why, struct error *p)
{
    char said[FORMAT_MAX];
    if (err == -EBADMSG)
        return refuse_damaged(path, why, p);
    if (err == -EBUSY)
        return error_set(p, err, "end the program that has it open",
                         "%s is in use by another program", path);
    if (err == -ELOOP)
        return error_set(p, err, "name what it points to",
                         "%s is, or is behind, a symbolic link", path);
    return error_set(p, err, err == -ENOSPC ? "free some space, then start again" : "",
                     "cannot open %s: %s", path,
                     err == -EIO ? why : format_error(said, sizeof(said), err));
}

/* ---- what kind of file it is ---- */

/* Checks the ids that a file carries.  0: a state file of picoord, or empty or
 * missing. */
static int check_ids(const char *path, uint32_t application, uint32_t version,
                     bool empty, struct error *p)
{
    if (application == 0 && version == 0 && empty)
        return 0;
    if (application != SCHEMA_APPLICATION)
        return refuse_foreign(path, p);
    version &= SCHEMA_VERSION_MASK;
    if (version < 1 || version > SCHEMA_VERSION)
        return refuse_version(path, version, p);
    return 0;
}

/* Checks the first bytes, before SQLite opens the file. */
static int check_header(const char *path, struct error *p)
{
    static const char magic[16] = "SQLite format 3";
    char why[FORMAT_MAX];
    uint8_t header[HEADER_BYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return refuse_error(path, -errno, "", p);
    ssize_t n = read(fd, header, sizeof(header));
    int err = n < 0 ? -errno : 0;
    close(fd);
    if (err < 0)
        return refuse_error(path, err, format_error(why, sizeof(why), err), p);
    if (n == 0)
        return 0;
    if (n < HEADER_BYTES || memcmp(header, magic, sizeof(magic)) != 0)
        return refuse_foreign(path, p);
    return check_ids(path, database_big_endian(header + APPLICATION_AT),
                     database_big_endian(header + VERSION_AT),
                     database_big_endian(header + COOKIE_AT) == 0, p);
}

static int query_number(struct database *d, const char *query, uint32_t *ret)
{
    sqlite3_stmt *s;
    int rc = sqlite3_prepare_v2(d->sql, query, -1, &s, NULL);
    if (rc != SQLITE_OK)
        return database_fail(d, rc);
    rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
        *ret = (uint32_t)sqlite3_column_int64(s, 0);
    int err = database_fail(d, rc);
    sqlite3_finalize(s);
    return err;
}

static int execute(struct database *d, const char *text)
{
    return database_fail(d, sqlite3_exec(d->sql, text, NULL, NULL, NULL));
}

/* ---- an existing file, or a new one ---- */

struct finding {
    const char *path;
    struct error *problem;
};

static void on_broken(void *ctx, const char *sentence)
{
    struct finding *f = ctx;
    if (!*f->problem->what)
        refuse_damaged(f->path, sentence, f->problem);
}

/* SQLite checks every page and constraint, check_tables() every invariant. */
static int check_all(struct database *d, const char *path, struct error *p)
{
    struct finding f = {path, p};
    sqlite3_stmt *s;
    int err = database_fail(
        d, sqlite3_prepare_v2(d->sql, "PRAGMA quick_check(1)", -1, &s, NULL));
    if (err < 0)
        return err;
    int rc = sqlite3_step(s);
    const char *said =
        rc == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
    err = database_fail(d, rc);
    if (said && strcmp(said, "ok") != 0)
        err = refuse_damaged(path, said, p);
    sqlite3_finalize(s);
    if (err < 0)
        return err;
    int broken = check_tables(d->sql, on_broken, &f);
    return broken > 0 ? -EBADMSG : broken;
}

/* SQLite does not fail if it cannot use the mode: it returns the mode that it uses. */
static int use_log(struct database *d)
{
    sqlite3_stmt *s;
    int err = database_fail(
        d, sqlite3_prepare_v2(d->sql, "PRAGMA journal_mode = WAL", -1, &s, NULL));
    if (err < 0)
        return err;
    int rc = sqlite3_step(s);
    const char *mode =
        rc == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
    err = database_fail(d, rc);
    if (err == 0 && (!mode || strcmp(mode, "wal") != 0)) {
        snprintf(d->why, sizeof(d->why), "it cannot have a write-ahead log");
        err = -EIO;
    }
    sqlite3_finalize(s);
    return err == 0 ? execute(d, "PRAGMA synchronous = FULL") : err;
}

/*
 * After a sync that failed, what the log holds may be in the page cache only: it can be
 * read back, but no later sync writes it to disk.  So the log is written again and
 * synced before it is used; otherwise a power cut could leave a file that is ahead of
 * its log.
 */
static int write_log_again(struct database *d)
{
    uint8_t block[16384];
    sqlite3_file *log = NULL;
    sqlite3_int64 size = 0;
    int rc = sqlite3_file_control(d->sql, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (rc != SQLITE_OK || !log || !log->pMethods)
        return database_fail(d, rc); /* a backup has no log */
    rc = log->pMethods->xFileSize(log, &size);
    for (sqlite3_int64 at = 0; rc == SQLITE_OK && at < size;) {
        int n = size - at < (int)sizeof(block) ? (int)(size - at) : (int)sizeof(block);
        rc = log->pMethods->xRead(log, block, n, at);
        if (rc == SQLITE_OK)
            rc = log->pMethods->xWrite(log, block, n, at);
        at += n;
    }
    if (rc == SQLITE_OK && size > 0)
        rc = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
    int err = database_fail(d, rc);
    if (err < 0)
        snprintf(d->why, sizeof(d->why), "%s", sqlite3_errstr(rc));
    return err;
}

static int checkpoint_log(struct database *d)
{
    int pages = -1;
    int err =
        database_fail(d, sqlite3_wal_checkpoint_v2(
                             d->sql, NULL, SQLITE_CHECKPOINT_TRUNCATE, &pages, NULL));
    if (err == 0 && pages < 0) {
        snprintf(d->why, sizeof(d->why), "it has no write-ahead log");
        err = -EIO;
    }
    return err;
}

/* Makes the tables of the current version from those of an earlier one, or of none, in
 * one transaction. */
static int upgrade(struct database *d, uint32_t version)
{
    if (version == SCHEMA_VERSION)
        return 0;
    int err = execute(d, "BEGIN IMMEDIATE");
    for (; err == 0 && version < SCHEMA_VERSION; version++)
        err = execute(d, schema_steps[version]);
    return err == 0 ? execute(d, "COMMIT") : err;
}

/* What each version has added must not be in a file of an earlier one. */
static int check_version(struct database *d, const char *path, uint32_t version,
                         struct error *p)
{
    static const char *const added[SCHEMA_VERSION + 1] = {
        [2] = "SELECT count(*) FROM pragma_table_info('jobs') WHERE name = 'audit'",
        [3] = "SELECT count(*) FROM pragma_table_info('rows') WHERE name = 'doubtful'",
        [4] = "SELECT count(*) FROM pragma_table_info('programs')"};
    for (uint32_t i = version + 1; i <= SCHEMA_VERSION; i++) {
        uint32_t n = 0;
        int err = query_number(d, added[i], &n);
        if (err < 0)
            return err;
        if (n > 0)
            return refuse_damaged(path,
                                  "its tables are of a later version than it says", p);
    }
    return 0;
}

/* Opens the tables, including what the log beside the file adds to them. */
static int open_tables(struct database *d, const char *path, struct error *p)
{
    uint32_t application = 0, version = 0, tables = 0;
    int err = query_number(d, "SELECT count(*) FROM sqlite_schema", &tables);
    if (err == 0)
        err = query_number(d, "PRAGMA application_id", &application);
    if (err == 0)
        err = query_number(d, "PRAGMA user_version", &version);
    if (err == 0)
        err = check_ids(path, application, version, tables == 0, p);
    if (err < 0)
        return err;
    version &= SCHEMA_VERSION_MASK;
    if (application != 0) {
        err = check_version(d, path, version, p);
        if (err == 0)
            err = write_log_again(d);
        if (err == 0)
            err = check_all(d, path, p);
    }
    if (err == 0)
        err = use_log(d);
    if (err == 0)
        err = upgrade(d, version);
    return err == 0 ? query_number(d, "PRAGMA user_version", &d->version) : err;
}

int database_open(const char *path, struct database **ret, struct error *ret_why)
{
    *ret_why = (struct error){0};
    int err = check_header(path, ret_why);
    if (err == 0)
        err = log_check(path, ret_why);
    if (err < 0)
        return err;
    struct database *d = mem_zero(1, sizeof(*d));
    err = database_fail(d, sqlite3_open_v2(path, &d->sql,
                                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                                               SQLITE_OPEN_NOMUTEX |
                                               SQLITE_OPEN_EXRESCODE |
                                               SQLITE_OPEN_NOFOLLOW,
                                           NULL));
    /* Until the file is known to be picoord's, closing must not write to it; then
     * database_close() says. */
    if (err == 0)
        err = database_fail(
            d, sqlite3_db_config(d->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL));
    if (err == 0)
        err = execute(d, settings);
    if (err == 0 && sqlite3_db_readonly(d->sql, "main") == 1)
        err = -EROFS;
    if (err == 0)
        err = open_tables(d, path, ret_why);
    if (err == 0)
        err = database_prepare(d);
    /* Nothing is wrong with the file: now it may be written to. */
    if (err == 0)
        err = database_mark(d);
    /* into the file itself, whose first bytes then say what it is */
    if (err == 0)
        err = checkpoint_log(d);
    d->log_pages = 0; /* the log is empty */
    if (err == 0) {
        d->is_open = true;
        *ret = d;
        return 0;
    }
    if (!*ret_why->what)
        refuse_error(path, err, d->why, ret_why);
    database_close(d);
    return err;
}
