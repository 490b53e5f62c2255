// SPDX-License-Identifier: MIT
#include "server/store/database.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "common/base/format.h"
#include "common/wire/names.h"
#include "server/store/database_impl.h"
#include "server/store/schema.h"

const char *const database_rules[3] = {
    [STOP_TRIALS] = "trials", [STOP_STDERR] = "stderr", [STOP_TIME] = "time"};

/* ---- errors ---- */

/* What the last failed call for a file was told by the system. */
static int last_errno(sqlite3_file *file)
{
    int err = 0;
    if (!file || !file->pMethods ||
        file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &err) != SQLITE_OK)
        return 0;
    return err;
}

/* SQLite reports only ENOSPC as a full disk; an exceeded quota is handled alike.  Where
 * a commit has failed, sqlite3_system_errno() does not know why. */
static bool over_quota(struct database *d, int rc)
{
    sqlite3_file *file = NULL, *log = NULL;
    if (rc != SQLITE_IOERR_WRITE && rc != SQLITE_IOERR_TRUNCATE)
        return false;
    (void)sqlite3_file_control(d->sql, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    (void)sqlite3_file_control(d->sql, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    return last_errno(log) == EDQUOT || last_errno(file) == EDQUOT;
}

static int errno_of(struct database *d, int rc)
{
    if (rc == SQLITE_IOERR_NOMEM)
        return -ENOMEM;
    if (over_quota(d, rc))
        return -ENOSPC;
    if (rc == SQLITE_CANTOPEN_SYMLINK)
        return -ELOOP;
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
        return -EACCES;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT: /* a row contradicts the others */
    case SQLITE_MISMATCH:
        return -EBADMSG;
    }
    return -EIO;
}

int database_fail(struct database *d, int rc)
{
    int err = errno_of(d, rc);
    if (err == 0)
        return 0;
    snprintf(d->why, sizeof(d->why), "%s", sqlite3_errmsg(d->sql));
    return err;
}

bool database_may_retry(int err)
{
    return err == -ENOSPC || err == -ENOMEM || err == -EBUSY;
}

const char *database_why(const struct database *d)
{
    return d->why;
}

struct sqlite3 *database_handle(struct database *d)
{
    return d->sql;
}

/* ---- statements ---- */

static const char *const statements[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [PUT_JOB] =
        "INSERT INTO jobs (number, name, state, rule, seed, trials, until_stderr, "
        "for_ms, elapsed_ms, weight, frontier, computed_again, uid, request, "
        "audit, exclusions, submitted_ms, started_ms, ended_ms) VALUES (?1, ?2, ?3, "
        "?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19) "
        "ON CONFLICT (number) DO UPDATE SET name = ?2, state = ?3, rule = ?4, "
        "seed = ?5, trials = ?6, until_stderr = ?7, for_ms = ?8, elapsed_ms = ?9, "
        "weight = ?10, frontier = ?11, computed_again = ?12, uid = ?13, request = ?14, "
        "audit = ?15, exclusions = ?16, submitted_ms = ?17, started_ms = ?18, "
        "ended_ms = ?19",
    [PUT_PROGRAM] =
        "INSERT INTO programs (job, program, arg, scale, score, test) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (job) "
        "DO UPDATE SET program = ?2, arg = ?3, scale = ?4, score = ?5, test = ?6",
    [CLEAR_ROWS] = "DELETE FROM rows WHERE job = ?1 AND first >= ?2 AND first < ?3 "
                   "AND first + count <= ?3",
    [PUT_ROW] =
        "INSERT INTO rows (job, first, count, hits, worker, verified, doubtful) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [PUT_SHARE] = "INSERT INTO shares (job, worker, name, trials, hits) "
                  "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (job, worker) "
                  "DO UPDATE SET name = ?3, trials = ?4, hits = ?5",
    [PUT_BAN] = "INSERT INTO bans (worker, reason, revoked) VALUES (?1, ?2, ?3) "
                "ON CONFLICT (worker) DO UPDATE SET reason = ?2, revoked = ?3",
    [CLEAR_BAN] = "DELETE FROM bans WHERE worker = ?1",
    [PUT_STANDING] = "INSERT INTO standings (worker, valid, passed, trusted) "
                     "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (worker) "
                     "DO UPDATE SET valid = ?2, passed = ?3, trusted = ?4",
    [PUT_PROGRAM_STANDING] =
        "INSERT INTO program_standings (worker, program, valid, passed, excluded, job, "
        "first, count) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
        "ON CONFLICT (worker, program) DO UPDATE SET valid = ?3, passed = ?4, "
        "excluded = ?5, job = ?6, first = ?7, count = ?8",
    [PUT_AUDIT] = "INSERT INTO audits (id, job, worker, first, count, hits, results, "
                  "whole) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [CLEAR_AUDIT] = "DELETE FROM audits WHERE id = ?1",
    [RM_ANSWERS] = "DELETE FROM answers WHERE job = ?1",
    [RM_AUDITS] = "DELETE FROM audits WHERE job = ?1",
    [RM_SHARES] = "DELETE FROM shares WHERE job = ?1",
    [RM_ROWS] = "DELETE FROM rows WHERE job = ?1",
    [RM_PROGRAM] = "DELETE FROM programs WHERE job = ?1",
    [RM_JOB] = "DELETE FROM jobs WHERE number = ?1",
    [PUT_REMOVED] = "UPDATE removed SET job = max(job, ?1)",
    [PUT_ANSWER] = "INSERT INTO answers (job, trials, hits, elapsed_ms) "
                   "VALUES (?1, ?2, ?3, ?4)",
};

static int prepare_all(struct database *d)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        int rc = sqlite3_prepare_v3(d->sql, statements[i], -1,
                                    SQLITE_PREPARE_PERSISTENT, &d->statements[i], NULL);
        if (rc != SQLITE_OK)
            return database_fail(d, rc);
    }
    return 0;
}

/* Runs a statement that returns no row and resets it for the next use. */
static int run_statement(struct database *d, enum statement which)
{
    sqlite3_stmt *s = d->statements[which];
    int rc = sqlite3_step(s);
    int err = database_fail(d, rc);
    sqlite3_reset(s);
    return err;
}

/* ---- values ---- */

static void bind_u64(sqlite3_stmt *s, int at, uint64_t value)
{
    sqlite3_bind_int64(s, at, (sqlite3_int64)value);
}

/* The text is borrowed until the statement is bound again. */
static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
    sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

/* Of a worker's id, or of a program's test. */
static void worker_text(char ret[WORKER_TEXT], uint64_t worker)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(worker >> (56 - 8 * i));
    format_hex(ret, bytes, sizeof(bytes));
}

/* ---- writing ---- */

/* 0 is NULL. */
static void bind_time(sqlite3_stmt *s, int at, int64_t ms)
{
    if (ms > 0)
        sqlite3_bind_int64(s, at, ms);
    else
        sqlite3_bind_null(s, at);
}

static int put_job(struct database *d, const struct record *r)
{
    const struct job_record *j = &r->job_;
    sqlite3_stmt *s = d->statements[PUT_JOB];
    char seed[24], uid[2 * UID_BYTES + 1], request[2 * UID_BYTES + 1];
    snprintf(seed, sizeof(seed), "%" PRIu64, j->seed);
    format_hex(uid, j->uid, UID_BYTES);
    format_hex(request, j->request, UID_BYTES);
    bind_u64(s, 1, r->job);
    bind_text(s, 2, j->name);
    bind_text(s, 3, job_state_name(j->state));
    bind_text(s, 4, database_rules[j->rule]);
    bind_text(s, 5, seed);
    if (j->trials)
        bind_u64(s, 6, j->trials);
    else
        sqlite3_bind_null(s, 6);
    sqlite3_bind_double(s, 7, j->until_stderr);
    sqlite3_bind_int64(s, 8, j->for_ms);
    sqlite3_bind_int64(s, 9, j->elapsed_ms);
    sqlite3_bind_int64(s, 10, j->weight);
    bind_u64(s, 11, j->frontier);
    bind_u64(s, 12, j->computed_again);
    bind_text(s, 13, uid);
    bind_text(s, 14, request);
    bind_text(s, 15, audit_policy_name(j->audit));
    sqlite3_bind_int64(s, 16, j->exclusions);
    bind_time(s, 17, j->submitted_ms);
    bind_time(s, 18, j->started_ms);
    bind_time(s, 19, j->ended_ms);
    return run_statement(d, PUT_JOB);
}

static int put_program(struct database *d, const struct record *r)
{
    sqlite3_stmt *s = d->statements[PUT_PROGRAM];
    char test[WORKER_TEXT];
    worker_text(test, r->program.test);
    bind_u64(s, 1, r->job);
    bind_text(s, 2, r->program.name);
    bind_text(s, 3, r->program.arg);
    sqlite3_bind_double(s, 4, r->program.scale);
    sqlite3_bind_int(s, 5, r->program.score);
    if (r->program.test_known)
        bind_text(s, 6, test);
    else
        sqlite3_bind_null(s, 6);
    return run_statement(d, PUT_PROGRAM);
}

static int clear_rows(struct database *d, const struct record *r)
{
    sqlite3_stmt *s = d->statements[CLEAR_ROWS];
    bind_u64(s, 1, r->job);
    bind_u64(s, 2, r->clear.first);
    bind_u64(s, 3, r->clear.end);
    return run_statement(d, CLEAR_ROWS);
}

static int put_row(struct database *d, const struct record *r)
{
    sqlite3_stmt *s = d->statements[PUT_ROW];
    char worker[WORKER_TEXT];
    worker_text(worker, r->row.author);
    bind_u64(s, 1, r->job);
    bind_u64(s, 2, r->row.first);
    bind_u64(s, 3, r->row.count);
    bind_u64(s, 4, r->row.hits);
    if (r->row.author)
        bind_text(s, 5, worker);
    else
        sqlite3_bind_null(s, 5);
    sqlite3_bind_int(s, 6, r->row.verified);
    sqlite3_bind_int(s, 7, r->row.doubtful);
    return run_statement(d, PUT_ROW);
}

static int put_share(struct database *d, const struct record *r)
{
    sqlite3_stmt *s = d->statements[PUT_SHARE];
    char worker[WORKER_TEXT];
    worker_text(worker, r->share.worker);
    bind_u64(s, 1, r->job);
    bind_text(s, 2, worker);
    bind_text(s, 3, r->share.name);
    bind_u64(s, 4, r->share.trials);
    bind_u64(s, 5, r->share.hits);
    return run_statement(d, PUT_SHARE);
}

static int put_ban(struct database *d, const struct record *r)
{
    sqlite3_stmt *s = d->statements[PUT_BAN];
    char worker[WORKER_TEXT];
    worker_text(worker, r->ban.worker);
    bind_text(s, 1, worker);
    bind_text(s, 2, r->ban.reason);
    sqlite3_bind_int(s, 3, r->ban.revoke);
    return run_statement(d, PUT_BAN);
}

static int clear_ban(struct database *d, const struct record *r)
{
    char worker[WORKER_TEXT];
    worker_text(worker, r->pardoned);
    bind_text(d->statements[CLEAR_BAN], 1, worker);
    return run_statement(d, CLEAR_BAN);
}

static int put_answer(struct database *d, const struct record *r)
{
    sqlite3_stmt *s = d->statements[PUT_ANSWER];
    bind_u64(s, 1, r->job);
    bind_u64(s, 2, r->answer.trials);
    bind_u64(s, 3, r->answer.hits);
    sqlite3_bind_int64(s, 4, r->answer.elapsed_ms);
    return run_statement(d, PUT_ANSWER);
}

static int put_program_standing(struct database *d, const struct standing_record *r)
{
    sqlite3_stmt *s = d->statements[PUT_PROGRAM_STANDING];
    char worker[WORKER_TEXT];
    worker_text(worker, r->worker);
    bind_text(s, 1, worker);
    bind_text(s, 2, r->program);
    bind_u64(s, 3, r->valid);
    bind_u64(s, 4, r->passed);
    if (*r->excluded)
        bind_text(s, 5, r->excluded);
    else
        sqlite3_bind_null(s, 5);
    bind_u64(s, 6, r->job);
    bind_u64(s, 7, r->first);
    bind_u64(s, 8, r->count);
    return run_statement(d, PUT_PROGRAM_STANDING);
}

static int put_standing(struct database *d, const struct record *r)
{
    if (*r->standing.program)
        return put_program_standing(d, &r->standing);
    sqlite3_stmt *s = d->statements[PUT_STANDING];
    char worker[WORKER_TEXT];
    worker_text(worker, r->standing.worker);
    bind_text(s, 1, worker);
    bind_u64(s, 2, r->standing.valid);
    bind_u64(s, 3, r->standing.passed);
    sqlite3_bind_int(s, 4, r->standing.trusted);
    return run_statement(d, PUT_STANDING);
}

static int put_audit(struct database *d, const struct record *r)
{
    sqlite3_stmt *s = d->statements[PUT_AUDIT];
    char worker[WORKER_TEXT];
    worker_text(worker, r->audit.worker);
    bind_u64(s, 1, r->audit.id);
    bind_u64(s, 2, r->job);
    bind_text(s, 3, worker);
    bind_u64(s, 4, r->audit.first);
    bind_u64(s, 5, r->audit.count);
    bind_u64(s, 6, r->audit.hits);
    sqlite3_bind_int64(s, 7, r->audit.results);
    sqlite3_bind_int(s, 8, r->audit.whole);
    return run_statement(d, PUT_AUDIT);
}

static int clear_audit(struct database *d, const struct record *r)
{
    bind_u64(d->statements[CLEAR_AUDIT], 1, r->audited);
    return run_statement(d, CLEAR_AUDIT);
}

/* What refers to the job goes before it. */
static int rm_job(struct database *d, const struct record *r)
{
    int err = 0;
    for (enum statement s = RM_ANSWERS; s <= PUT_REMOVED && err == 0; s++) {
        bind_u64(d->statements[s], 1, r->job);
        err = run_statement(d, s);
    }
    return err;
}

static int put_record(struct database *d, const struct record *r)
{
    switch (r->type) {
    case RECORD_JOB:
        return put_job(d, r);
    case RECORD_PROGRAM:
        return put_program(d, r);
    case RECORD_CLEAR:
        return clear_rows(d, r);
    case RECORD_ROW:
        return put_row(d, r);
    case RECORD_SHARE:
        return put_share(d, r);
    case RECORD_BAN:
        return put_ban(d, r);
    case RECORD_PARDON:
        return clear_ban(d, r);
    case RECORD_ANSWER:
        return put_answer(d, r);
    case RECORD_STANDING:
        return put_standing(d, r);
    case RECORD_AUDIT:
        return put_audit(d, r);
    case RECORD_AUDITED:
        return clear_audit(d, r);
    case RECORD_RM:
        return rm_job(d, r);
    }
    return -EINVAL;
}

/* Writes page 1 even if the version is the same. */
static int put_version(struct database *d, uint32_t version)
{
    char text[64];
    snprintf(text, sizeof(text), "PRAGMA user_version = %u", version);
    return database_fail(d, sqlite3_exec(d->sql, text, NULL, NULL, NULL));
}

static int write_once(struct database *d, const struct record *records, size_t n)
{
    int err = run_statement(d, BEGIN);
    if (err == 0 && d->log_pages == 0) /* the first one of a log: it gets the mark */
        err = put_version(d, d->version);
    for (size_t i = 0; i < n && err == 0; i++)
        err = put_record(d, &records[i]);
    if (err == 0)
        err = run_statement(d, COMMIT);
    if (err == 0)
        return 0;
    /* Many errors have rolled back already.  The reported error is the first one. */
    char why[sizeof(d->why)];
    memcpy(why, d->why, sizeof(why));
    if (!sqlite3_get_autocommit(d->sql) && run_statement(d, ROLLBACK) < 0 &&
        !sqlite3_get_autocommit(d->sql))
        err = -EIO; /* the transaction cannot be ended */
    memcpy(d->why, why, sizeof(why));
    return err;
}

/* ---- the log ---- */

/* Copies the write-ahead log into the file; cut: also truncates the log to free
 * space. */
static int checkpoint_log(struct database *d, bool cut)
{
    int how = cut ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    d->log_pages = 0; /* if this fails, the next transaction sets it again */
    return database_fail(d, sqlite3_wal_checkpoint_v2(d->sql, NULL, how, NULL, NULL));
}

/* If the disk is full, truncating the log may free enough space; it has no other mark
 * at its end, so a log that has no more than marks follows. */
int database_write(struct database *d, const struct record *records, size_t n)
{
    int err = write_once(d, records, n);
    if (err != -ENOSPC)
        return err;
    err = checkpoint_log(d, true);
    if (err == 0)
        err = database_tidy(d, 0);
    return err == 0 ? write_once(d, records, n) : err;
}

static int on_log(void *ctx, sqlite3 *sql, const char *name, int pages)
{
    struct database *d = ctx;
    (void)sql;
    (void)name;
    d->log_pages = pages;
    return SQLITE_OK;
}

/* The log must have the mark of the file before it gets another one: whichever of both
 * a power cut leaves in the file, its log has it too. */
int database_mark(struct database *d)
{
    uint32_t random, old = d->version >> SCHEMA_MARK_SHIFT;
    do {
        sqlite3_randomness(sizeof(random), &random);
        random %= SCHEMA_MARK_MAX + 1;
    } while (random == 0 || random == old);
    uint32_t next = random << SCHEMA_MARK_SHIFT | SCHEMA_VERSION;
    int err = d->log_pages == 0 ? put_version(d, d->version) : 0;
    if (err == 0)
        err = put_version(d, next);
    if (err == 0)
        d->version = next;
    return err;
}

/* The next log has another mark, so that a copy of the file which was made before this
 * one came into it does not take the next one for its own. */
int database_tidy(struct database *d, int pages)
{
    if (d->log_pages < pages)
        return 0;
    int err = database_mark(d);
    return err == 0 ? checkpoint_log(d, false) : err;
}

int database_snapshot(struct database *d, uint8_t **ret, size_t *ret_bytes)
{
    enum { WRITE_VERSION = 18, READ_VERSION = 19, ROLLBACK_JOURNAL = 1 };
    sqlite3_int64 bytes = 0;
    unsigned char *image = sqlite3_serialize(d->sql, "main", &bytes, 0);
    if (!image) {
        snprintf(d->why, sizeof(d->why), "out of memory");
        return -ENOMEM;
    }
    uint8_t *copy = malloc((size_t)bytes);
    if (copy) {
        memcpy(copy, image, (size_t)bytes);
        /* a copy has no log beside it, so that it can be read anywhere */
        copy[WRITE_VERSION] = copy[READ_VERSION] = ROLLBACK_JOURNAL;
    }
    sqlite3_free(image);
    if (!copy)
        return -ENOMEM;
    *ret = copy;
    *ret_bytes = (size_t)bytes;
    return 0;
}

/* ---- opening ---- */

int database_prepare(struct database *d)
{
    sqlite3_wal_hook(d->sql, on_log, d);
    return prepare_all(d);
}

void database_close(struct database *d)
{
    if (!d)
        return;
    /* This brings the log into the file, so it gets a mark at its end; else it stays.
     */
    if (d->is_open && (d->log_pages == 0 || database_mark(d) == 0))
        sqlite3_db_config(d->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(d->statements[i]);
    sqlite3_close(d->sql);
    free(d);
}
