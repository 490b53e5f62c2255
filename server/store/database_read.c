// SPDX-License-Identifier: MIT
/*
 * Reads rows of the tables into records.  SQLite has checked types and CHECK
 * constraints; this file checks what they do not cover, such as lengths and ranges of C
 * types.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/format.h"
#include "common/wire/names.h"
#include "server/store/database_impl.h"

/* ---- values ---- */

static uint64_t column_u64(sqlite3_stmt *s, int at)
{
    return (uint64_t)sqlite3_column_int64(s, at);
}

static const char *column_text(sqlite3_stmt *s, int at)
{
    const unsigned char *text = sqlite3_column_text(s, at);
    return text ? (const char *)text : "";
}

static bool take_text(sqlite3_stmt *s, int at, char *ret, size_t size)
{
    int n = snprintf(ret, size, "%s", column_text(s, at));
    return n >= 0 && (size_t)n < size && n == sqlite3_column_bytes(s, at);
}

static bool take_hex(sqlite3_stmt *s, int at, uint8_t *ret, size_t n)
{
    const char *text = column_text(s, at);
    return strlen(text) == 2 * n && format_unhex(ret, text, n);
}

/* NULL is 0. */
static bool take_hex64(sqlite3_stmt *s, int at, uint64_t *ret)
{
    uint8_t bytes[8];
    *ret = 0;
    if (sqlite3_column_type(s, at) == SQLITE_NULL)
        return true;
    if (!take_hex(s, at, bytes, sizeof(bytes)))
        return false;
    for (int i = 0; i < 8; i++)
        *ret = *ret << 8 | bytes[i];
    return true;
}

/* NULL is 0: no author. */
static bool take_worker(sqlite3_stmt *s, int at, uint64_t *ret)
{
    return take_hex64(s, at, ret) &&
           (*ret != 0 || sqlite3_column_type(s, at) == SQLITE_NULL);
}

static bool take_seed(sqlite3_stmt *s, int at, uint64_t *ret)
{
    *ret = 0;
    for (const char *p = column_text(s, at); *p; p++)
        if (*p < '0' || *p > '9' || __builtin_mul_overflow(*ret, 10u, ret) ||
            __builtin_add_overflow(*ret, (uint64_t)(*p - '0'), ret))
            return false;
    return true;
}

static bool take_rule(sqlite3_stmt *s, int at, enum stop_rule *ret)
{
    for (size_t i = 0; i < ARRAY_SIZE(database_rules); i++)
        if (!strcmp(column_text(s, at), database_rules[i])) {
            *ret = (enum stop_rule)i;
            return true;
        }
    return false;
}

static bool take_state(sqlite3_stmt *s, int at, enum job_state *ret)
{
    for (enum job_state state = JOB_QUEUED; state <= JOB_FAILED; state++)
        if (!strcmp(column_text(s, at), job_state_name(state))) {
            *ret = state;
            return true;
        }
    return false;
}

static bool take_policy(sqlite3_stmt *s, int at, enum audit_policy *ret)
{
    for (enum audit_policy p = AUDIT_ADAPTIVE; p <= AUDIT_NONE; p++)
        if (!strcmp(column_text(s, at), audit_policy_name(p))) {
            *ret = p;
            return true;
        }
    return false;
}

/* ---- records ---- */

static bool take_job(sqlite3_stmt *s, struct record *r)
{
    struct job_record *j = &r->job_;
    r->type = RECORD_JOB;
    r->job = column_u64(s, 0);
    j->trials = column_u64(s, 5); /* NULL is 0 */
    j->until_stderr = sqlite3_column_double(s, 6);
    j->for_ms = sqlite3_column_int64(s, 7);
    j->elapsed_ms = sqlite3_column_int64(s, 8);
    j->weight = (uint32_t)sqlite3_column_int64(s, 9);
    j->frontier = column_u64(s, 10);
    j->computed_again = column_u64(s, 11);
    j->exclusions = (uint32_t)sqlite3_column_int64(s, 15);
    j->submitted_ms = sqlite3_column_int64(s, 16); /* NULL is 0, and so the next two */
    j->started_ms = sqlite3_column_int64(s, 17);
    j->ended_ms = sqlite3_column_int64(s, 18);
    return take_text(s, 1, j->name, sizeof(j->name)) && take_state(s, 2, &j->state) &&
           take_rule(s, 3, &j->rule) && take_seed(s, 4, &j->seed) &&
           take_hex(s, 12, j->uid, UID_BYTES) &&
           take_hex(s, 13, j->request, UID_BYTES) && take_policy(s, 14, &j->audit);
}

static bool take_program(sqlite3_stmt *s, struct record *r)
{
    struct program_record *p = &r->program;
    r->type = RECORD_PROGRAM;
    r->job = column_u64(s, 0);
    p->scale = sqlite3_column_double(s, 3);
    p->score = sqlite3_column_int(s, 4);
    p->test_known = sqlite3_column_type(s, 5) != SQLITE_NULL;
    return take_text(s, 1, p->name, sizeof(p->name)) &&
           take_text(s, 2, p->arg, sizeof(p->arg)) && take_hex64(s, 5, &p->test);
}

static bool take_ban(sqlite3_stmt *s, struct record *r)
{
    r->type = RECORD_BAN;
    r->ban.revoke = sqlite3_column_int(s, 2);
    return take_worker(s, 0, &r->ban.worker) &&
           take_text(s, 1, r->ban.reason, sizeof(r->ban.reason));
}

static bool take_row(sqlite3_stmt *s, struct record *r)
{
    r->type = RECORD_ROW;
    r->job = column_u64(s, 0);
    r->row.first = column_u64(s, 1);
    r->row.count = column_u64(s, 2);
    r->row.hits = column_u64(s, 3);
    r->row.verified = sqlite3_column_int(s, 5);
    r->row.doubtful = sqlite3_column_int(s, 6);
    return take_worker(s, 4, &r->row.author);
}

static bool take_share(sqlite3_stmt *s, struct record *r)
{
    r->type = RECORD_SHARE;
    r->job = column_u64(s, 0);
    r->share.trials = column_u64(s, 3);
    r->share.hits = column_u64(s, 4);
    return take_worker(s, 1, &r->share.worker) &&
           take_text(s, 2, r->share.name, sizeof(r->share.name));
}

static bool take_answer(sqlite3_stmt *s, struct record *r)
{
    r->type = RECORD_ANSWER;
    r->job = column_u64(s, 0);
    r->answer.trials = column_u64(s, 1);
    r->answer.hits = column_u64(s, 2);
    r->answer.elapsed_ms = sqlite3_column_int64(s, 3);
    return true;
}

static bool take_standing(sqlite3_stmt *s, struct record *r)
{
    r->type = RECORD_STANDING;
    r->standing.valid = column_u64(s, 1);
    r->standing.passed = column_u64(s, 2);
    r->standing.trusted = sqlite3_column_int(s, 3);
    return take_worker(s, 0, &r->standing.worker);
}

static bool take_program_standing(sqlite3_stmt *s, struct record *r)
{
    struct standing_record *x = &r->standing;
    r->type = RECORD_STANDING;
    x->valid = column_u64(s, 2);
    x->passed = column_u64(s, 3);
    x->job = column_u64(s, 5);
    x->first = column_u64(s, 6);
    x->count = column_u64(s, 7);
    return take_worker(s, 0, &x->worker) &&
           take_text(s, 1, x->program, sizeof(x->program)) &&
           take_text(s, 4, x->excluded, sizeof(x->excluded));
}

static bool take_audit(sqlite3_stmt *s, struct record *r)
{
    r->type = RECORD_AUDIT;
    r->audit.id = column_u64(s, 0);
    r->job = column_u64(s, 1);
    r->audit.first = column_u64(s, 3);
    r->audit.count = column_u64(s, 4);
    r->audit.hits = column_u64(s, 5);
    r->audit.results = (uint32_t)sqlite3_column_int64(s, 6);
    r->audit.whole = sqlite3_column_int(s, 7);
    return take_worker(s, 2, &r->audit.worker);
}

static bool take_removed(sqlite3_stmt *s, struct record *r)
{
    r->type = RECORD_RM;
    r->job = column_u64(s, 0);
    return true;
}

/* ---- tables ---- */

struct read_table {
    const char *name, *select;
    bool (*take)(sqlite3_stmt *s, struct record *r);
};

static const struct read_table tables[] = {
    {"jobs",
     "SELECT number, name, state, rule, seed, trials, until_stderr, for_ms, "
     "elapsed_ms, weight, frontier, computed_again, uid, request, audit, "
     "exclusions, submitted_ms, started_ms, ended_ms FROM jobs "
     "ORDER BY number",
     take_job},
    {"programs", "SELECT job, program, arg, scale, score, test FROM programs",
     take_program},
    {"bans", "SELECT worker, reason, revoked FROM bans", take_ban},
    {"rows",
     "SELECT job, first, count, hits, worker, verified, doubtful FROM rows ORDER BY "
     "job, first",
     take_row},
    {"shares", "SELECT job, worker, name, trials, hits FROM shares", take_share},
    {"answers", "SELECT job, trials, hits, elapsed_ms FROM answers ORDER BY number",
     take_answer},
    {"standings", "SELECT worker, valid, passed, trusted FROM standings",
     take_standing},
    {"program_standings",
     "SELECT worker, program, valid, passed, excluded, job, first, count "
     "FROM program_standings",
     take_program_standing},
    {"audits",
     "SELECT id, job, worker, first, count, hits, results, whole FROM audits "
     "ORDER BY id",
     take_audit},
    {"removed", "SELECT job FROM removed WHERE job > 0", take_removed},
};

static int read_table(struct database *d, const struct read_table *t,
                      database_sink *sink, void *ctx)
{
    sqlite3_stmt *s;
    int rc = sqlite3_prepare_v2(d->sql, t->select, -1, &s, NULL);
    if (rc != SQLITE_OK)
        return database_fail(d, rc);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct record r = {0};
        if (!t->take(s, &r)) {
            snprintf(d->why, sizeof(d->why), "a value in the table %s cannot be true",
                     t->name);
            sqlite3_finalize(s);
            return -EBADMSG;
        }
        sink(ctx, &r);
    }
    int err = database_fail(d, rc);
    sqlite3_finalize(s);
    return err;
}

int database_read(struct database *d, database_sink *sink, void *ctx)
{
    int err = 0;
    for (size_t i = 0; i < ARRAY_SIZE(tables) && err == 0; i++)
        err = read_table(d, &tables[i], sink, ctx);
    return err;
}
