// SPDX-License-Identifier: MIT
#include "server/store/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "common/base/exit.h"
#include "common/base/format.h"
#include "server/store/log_check.h"
#include "server/store/schema.h"

enum {
    SHOWN = 3, /* sentences printed for one invariant */
    URI_BYTES = 3 * 4096 + 32,
};

/*
 * Each query yields one sentence for each violation of its invariant.  Octaves: the
 * trials from `low` to 2 * low are cut at the multiples of `width`; the first one is
 * [0, 2^21). The joins go from octaves to jobs to rows, so that each octave reads only
 * the rows that begin in it.
 */
#define PLACED                                                                         \
    "WITH RECURSIVE octave (low, high, width) AS (SELECT 0, 2097152, 2097152 "         \
    "UNION ALL SELECT high, 2 * high, high / 32 FROM octave "                          \
    "WHERE high < 4611686018427387904), "                                              \
    "placed (job, first, end, width) AS ("                                             \
    "SELECT job, first, first + count, width FROM octave CROSS JOIN jobs "             \
    "CROSS JOIN rows ON job = number AND first >= low AND first < high) "

/* Before version 3 no job could be removed. */
static const char *const numbers_second[] = {
    "SELECT printf('there are %d jobs, but the last is j-%d', count(*), max(number)) "
    "FROM jobs HAVING count(*) > 0 AND (min(number) <> 1 OR max(number) <> count(*))",
};

/* A number is missing only up to that of a job that was removed. */
static const char *const numbers_third[] = {
    "SELECT printf('the table removed has %d rows, not one', count(*)) FROM removed "
    "HAVING count(*) <> 1",

    "SELECT printf('after j-%d there are %d jobs, but the last is j-%d', removed.job, "
    "count(*), max(number)) FROM removed JOIN jobs ON number > removed.job "
    "GROUP BY removed.job HAVING max(number) <> removed.job + count(*)",
};

static const char *const invariants[] = {
    "SELECT printf('the table %s speaks of j-%d, which is not there', t, job) FROM ("
    "SELECT 'rows' AS t, job FROM rows UNION SELECT 'shares', job FROM shares UNION "
    "SELECT 'answers', job FROM answers) WHERE job NOT IN (SELECT number FROM jobs)",

    "SELECT printf('j-%d: the row from %d has %d hits in %d trials', job, first, hits, "
    "count) FROM rows WHERE first < 0 OR count < 1 OR hits < 0 OR hits > count",

    "SELECT printf('j-%d: trial %d is counted twice', job, next) FROM ("
    "SELECT job, first, count, lead (first) OVER (PARTITION BY job ORDER BY first) "
    "AS next FROM rows) WHERE first + count > next",

    PLACED
    "SELECT printf('j-%d: the row from %d to %d crosses a checkpoint', job, first, end)"
    " FROM placed WHERE first / width <> (end - 1) / width",

    "SELECT printf('j-%d: a row from %d steps over the end of the job', job, first) "
    "FROM rows JOIN jobs ON number = job WHERE first < trials AND first + count > "
    "trials",

    "SELECT printf('j-%d: rows have %d hits in %d trials, workers contributed %d in "
    "%d', number, row_hits, row_trials, share_hits, share_trials) FROM (SELECT number, "
    "(SELECT coalesce(sum(count), 0) FROM rows WHERE job = number) AS row_trials, "
    "(SELECT coalesce(sum(hits), 0) FROM rows WHERE job = number) AS row_hits, "
    "(SELECT coalesce(sum(trials), 0) FROM shares WHERE job = number) AS share_trials, "
    "(SELECT coalesce(sum(hits), 0) FROM shares WHERE job = number) AS share_hits "
    "FROM jobs) WHERE row_trials <> share_trials OR row_hits <> share_hits",

    "SELECT printf('j-%d: worker %s has rows of %d hits in %d trials, more than it "
    "contributed', job, worker, h, n) FROM (SELECT job, worker, sum(count) AS n, "
    "sum(hits) AS h FROM rows WHERE worker IS NOT NULL GROUP BY job, worker) AS r "
    "LEFT JOIN shares AS s USING (job, worker) "
    "WHERE s.trials IS NULL OR n > s.trials OR h > s.hits",

    "SELECT printf('j-%d is done with %d trials, and its rows cover %d, %d verified', "
    "number, trials, n, v) FROM (SELECT number, trials, "
    "coalesce(sum(count), 0) AS n, coalesce(sum(count * verified), 0) AS v "
    "FROM jobs LEFT JOIN rows ON job = number AND first < trials "
    "WHERE state = 'done' GROUP BY number) WHERE n <> trials OR v <> trials",

    "SELECT printf('j-%d is done, and its answer is not that of its rows: %d hits in %d"
    " trials', number, h, jobs.trials) FROM jobs LEFT JOIN (SELECT job, trials, hits, "
    "max(number) FROM answers GROUP BY job) AS a ON a.job = jobs.number "
    "JOIN (SELECT job AS j, sum(rows.hits) AS h FROM rows JOIN jobs ON number = job "
    "WHERE first < trials GROUP BY job) ON j = jobs.number WHERE state = 'done' AND "
    "(a.trials IS NOT jobs.trials OR a.hits IS NOT h)",

    "SELECT printf('j-%d: worker %s is excluded and its row from %d still counts', job,"
    " worker, first) FROM rows JOIN bans USING (worker) JOIN jobs ON number = job "
    "WHERE revoked AND state IN ('queued', 'running', 'paused')",
};

/* What came with programs. */
static const char *const invariants_fourth[] = {
    "SELECT printf('the table programs speaks of j-%d, which is not there', job) "
    "FROM programs WHERE job NOT IN (SELECT number FROM jobs)",

    "SELECT printf('j-%d: a row from %d has a part of a trial of %s', job, first, "
    "program) FROM rows JOIN programs USING (job) "
    "WHERE first % 65536 <> 0 OR count % 65536 <> 0",

    "SELECT printf('j-%d: the row from %d has %d hits in %d trials of %s', job, first, "
    "hits, count / 65536, program) FROM rows JOIN programs USING (job) "
    "WHERE NOT score AND hits > count / 65536",

    "SELECT printf('j-%d: worker %s is excluded from %s and its row from %d still "
    "counts', rows.job, worker, program, rows.first) FROM rows JOIN programs USING "
    "(job) JOIN program_standings USING (worker, program) JOIN jobs ON number = "
    "rows.job WHERE excluded IS NOT NULL AND state IN ('queued', 'running', 'paused')",
};

/* ---- queries ---- */

static int read_failed(sqlite3 *sql, int rc, check_sink *sink, void *ctx)
{
    switch (rc & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* no such table, or a sum overflows */
        sink(ctx, sqlite3_errmsg(sql));
        return -EBADMSG;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return -EACCES;
    }
    return -EIO;
}

/* Passes each row of the result to the sink, unless it is `fine`.  1: there was such a
 * row; 0: none; or a negative errno. */
static int run_query(sqlite3 *sql, const char *query, const char *fine,
                     check_sink *sink, void *ctx)
{
    sqlite3_stmt *s = NULL;
    int broken = 0, shown = 0;
    int rc = sqlite3_prepare_v2(sql, query, -1, &s, NULL);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(s);
        if (rc != SQLITE_ROW)
            break;
        const char *text = (const char *)sqlite3_column_text(s, 0);
        if (!text || (fine && !strcmp(text, fine)))
            continue;
        broken = 1;
        if (++shown > SHOWN)
            break;
        sink(ctx, text);
    }
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        broken = read_failed(sql, rc, sink, ctx);
    sqlite3_finalize(s);
    return broken;
}

static int64_t number_of(sqlite3 *sql, const char *query)
{
    sqlite3_stmt *s = NULL;
    int64_t number = -1;
    if (sqlite3_prepare_v2(sql, query, -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        number = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return number;
}

static int64_t version_of(sqlite3 *sql)
{
    return number_of(sql, "PRAGMA user_version") & SCHEMA_VERSION_MASK;
}

/* The number of queries that found a violation, or a negative errno. */
static int run_queries(sqlite3 *sql, const char *const *queries, size_t n,
                       check_sink *sink, void *ctx)
{
    int broken = 0;
    for (size_t i = 0; i < n; i++) {
        int found = run_query(sql, queries[i], NULL, sink, ctx);
        if (found < 0)
            return found;
        broken += found;
    }
    return broken;
}

int check_tables(struct sqlite3 *sql, check_sink *sink, void *ctx)
{
    int64_t version = version_of(sql);
    bool third = version >= 3;
    int numbers =
        third ? run_queries(sql, numbers_third, ARRAY_SIZE(numbers_third), sink, ctx)
              : run_queries(sql, numbers_second, ARRAY_SIZE(numbers_second), sink, ctx);
    int rest = numbers < 0
                   ? numbers
                   : run_queries(sql, invariants, ARRAY_SIZE(invariants), sink, ctx);
    int fourth = rest < 0 || version < 4
                     ? rest
                     : run_queries(sql, invariants_fourth,
                                   ARRAY_SIZE(invariants_fourth), sink, ctx);
    return fourth < 0 ? fourth : version < 4 ? numbers + rest : numbers + rest + fourth;
}

/* ---- a file ---- */

static void print_broken(void *ctx, const char *sentence)
{
    char shown[512];
    (void)ctx;
    printf("broken: %s\n", format_escape_str(shown, sizeof(shown), sentence));
}

static int print_cannot(const char *path, const char *why, const char *hint)
{
    fprintf(stderr, "picoord: cannot check %s: %s\n", path, why);
    if (*hint)
        fprintf(stderr, "hint: %s\n", hint);
    return EXIT_LOCAL;
}

/* "file:/a%20b/state.db?immutable=1": SQLite then opens and creates no other file. */
static void immutable_uri(char *ret, const char *path)
{
    ret += sprintf(ret, "file:");
    for (; *path; path++)
        ret +=
            sprintf(ret, strchr("?#% ", *path) ? "%%%02X" : "%c", (unsigned char)*path);
    sprintf(ret, "?immutable=1");
}

/*
 * The log that a killed picoord has left beside the file belongs to it.  With such a
 * log the file is opened as picoord opens it, but neither written nor checkpointed.
 */
static int open_file(const char *path, sqlite3 **ret)
{
    char uri[URI_BYTES], log[4096 + 8];
    struct stat st;
    snprintf(log, sizeof(log), "%s-wal", path);
    if (stat(log, &st) < 0 || st.st_size == 0) {
        immutable_uri(uri, path);
        return sqlite3_open_v2(uri, ret, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    }
    int rc = sqlite3_open_v2(path, ret, SQLITE_OPEN_READWRITE, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(*ret, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(*ret, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(*ret, "PRAGMA query_only = ON", NULL, NULL, NULL);
    return rc;
}

static int print_report(sqlite3 *sql, const char *path)
{
    char why[FORMAT_MAX];
    int pages = run_query(sql, "PRAGMA integrity_check(3)", "ok", print_broken, NULL);
    int broken = pages < 0 ? pages : check_tables(sql, print_broken, NULL);
    if (broken < 0 && broken != -EBADMSG)
        return print_cannot(path, format_error(why, sizeof(why), broken), "");
    if (pages || broken) {
        printf("%s is not sound\n", path);
        return EXIT_NO;
    }
    printf("%s is sound: %lld jobs, %lld done, %lld rows, %lld answers, %lld excluded "
           "workers\n",
           path, (long long)number_of(sql, "SELECT count(*) FROM jobs"),
           (long long)number_of(sql, "SELECT count(*) FROM jobs WHERE state = 'done'"),
           (long long)number_of(sql, "SELECT count(*) FROM rows"),
           (long long)number_of(sql, "SELECT count(*) FROM answers"),
           (long long)number_of(sql, "SELECT count(*) FROM bans"));
    return 0;
}

int check_file(const char *path)
{
    sqlite3 *sql = NULL;
    struct stat st;
    struct error foreign;
    char why[96];
    int status;
    if (strlen(path) > 4096)
        return print_cannot("the state", format_error(why, sizeof(why), -ENAMETOOLONG),
                            "");
    if (log_check(path, &foreign) == -ESTALE) {
        fprintf(stderr, "picoord: %s\nhint: %s\n", foreign.what, foreign.hint);
        return EXIT_LOCAL;
    }
    if (stat(path, &st) < 0)
        return print_cannot(path, format_error(why, sizeof(why), -errno),
                            "--state DIR names the directory");
    int rc = open_file(path, &sql);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(sql,
                          "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; "
                          "SELECT count(*) FROM sqlite_schema",
                          NULL, NULL, NULL);
    int64_t version = version_of(sql);
    if (rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB) {
        print_broken(NULL, sqlite3_errmsg(sql));
        status = EXIT_NO;
    } else if (rc != SQLITE_OK) {
        status = print_cannot(path, sqlite3_errmsg(sql), "");
    } else if (number_of(sql, "PRAGMA application_id") != SCHEMA_APPLICATION) {
        status = print_cannot(path, "it is no state of picoord", "");
    } else if (version < 1 || version > SCHEMA_VERSION) {
        snprintf(why, sizeof(why),
                 "it is of version %lld, this picoord knows version %d",
                 (long long)version, SCHEMA_VERSION);
        status = print_cannot(path, why, "use the picoord that wrote it");
    } else {
        status = print_report(sql, path);
    }
    sqlite3_close(sql);
    return status;
}
