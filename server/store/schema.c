// SPDX-License-Identifier: MIT
/*
 * Numbers of trials are at most 2^62 and stored as integers.  Values that need all 64
 * bits do not fit SQLite's signed integers: a seed is stored as decimal text, a worker
 * id as the 16 hexadecimal digits that lists show.
 *
 * The lowest byte of user_version is the version of the schema; a version never changes
 * the meaning of earlier ones.
 */
#include "server/store/schema.h"

#define WORKER_ID "length(worker) = 16 AND worker NOT GLOB '*[^0-9a-f]*'"
#define HEX_128(column) "length(" column ") = 32 AND " column " NOT GLOB '*[^0-9a-f]*'"

static const char first[] =
    "CREATE TABLE jobs (\n"
    "    number INTEGER PRIMARY KEY CHECK (number >= 1), -- j-3 is number 3\n"
    "    name TEXT NOT NULL CHECK (length(name) <= 32),\n"
    "    state TEXT NOT NULL CHECK (state IN\n"
    "        ('queued', 'running', 'paused', 'done', 'cancelled', 'failed')),\n"
    "    rule TEXT NOT NULL CHECK (rule IN ('trials', 'stderr', 'time')),\n"
    "    seed TEXT NOT NULL CHECK (seed <> '' AND seed NOT GLOB '*[^0-9]*'),\n"
    "    -- the answer is [0, trials); NULL while the rule has yet to find its end\n"
    "    trials INTEGER CHECK (trials BETWEEN 1 AND 4611686018427387904),\n"
    "    until_stderr REAL NOT NULL CHECK (until_stderr >= 0),\n"
    "    for_ms INTEGER NOT NULL CHECK (for_ms >= 0),\n"
    "    elapsed_ms INTEGER NOT NULL CHECK (elapsed_ms >= 0),\n"
    "    weight INTEGER NOT NULL CHECK (weight BETWEEN 1 AND 1000),\n"
    "    -- no lease was granted beyond, with ten seconds' work to spare\n"
    "    frontier INTEGER NOT NULL CHECK (frontier BETWEEN 0 AND "
    "4611686018427387904),\n"
    "    computed_again INTEGER NOT NULL CHECK (computed_again >= 0),\n"
    "    uid TEXT NOT NULL UNIQUE CHECK (" HEX_128(
        "uid") "),\n"
               "    -- of the submission: a repeat finds this job\n"
               "    request TEXT NOT NULL UNIQUE CHECK (" HEX_128(
                   "request") "),\n"
                              "    CHECK (trials IS NOT NULL OR (rule <> 'trials' AND "
                              "state <> 'done'))\n"
                              ") STRICT;\n"

                              "CREATE TABLE rows (\n"
                              "    -- what is counted: disjoint ranges, none of which "
                              "crosses a checkpoint\n"
                              "    job INTEGER NOT NULL REFERENCES jobs (number),\n"
                              "    first INTEGER NOT NULL CHECK (first >= 0),\n"
                              "    count INTEGER NOT NULL CHECK (count >= 1),\n"
                              "    hits INTEGER NOT NULL CHECK (hits BETWEEN 0 AND "
                              "count),\n"
                              "    worker TEXT CHECK (" WORKER_ID
                              "), -- NULL: unknown\n"
                              "    verified INTEGER NOT NULL CHECK (verified IN (0, "
                              "1)),\n"
                              "    PRIMARY KEY (job, first),\n"
                              "    CHECK (first + count <= 4611686018427387904),\n"
                              "    CHECK (worker IS NOT NULL OR verified)\n"
                              ") STRICT, WITHOUT ROWID;\n"

                              "CREATE TABLE shares (\n"
                              "    -- what each worker has contributed to a job, in "
                              "rows of nobody too\n"
                              "    job INTEGER NOT NULL REFERENCES jobs (number),\n"
                              "    worker TEXT NOT NULL CHECK (" WORKER_ID "),\n"
                              "    name TEXT NOT NULL CHECK (length(name) <= 32),\n"
                              "    trials INTEGER NOT NULL CHECK (trials >= 0),\n"
                              "    hits INTEGER NOT NULL CHECK (hits BETWEEN 0 AND "
                              "trials),\n"
                              "    PRIMARY KEY (job, worker)\n"
                              ") STRICT, WITHOUT ROWID;\n"

                              "CREATE TABLE bans (\n"
                              "    worker TEXT PRIMARY KEY NOT NULL CHECK (" WORKER_ID
                              "),\n"
                              "    reason TEXT NOT NULL CHECK (length(reason) <= "
                              "200),\n"
                              "    revoked INTEGER NOT NULL CHECK (revoked IN (0, 1)) "
                              "-- its rows too\n"
                              ") STRICT, WITHOUT ROWID;\n"

                              "CREATE TABLE answers (\n"
                              "    -- final answers in the order in which they were "
                              "given; extend adds one\n"
                              "    number INTEGER PRIMARY KEY,\n"
                              "    job INTEGER NOT NULL REFERENCES jobs (number),\n"
                              "    trials INTEGER NOT NULL CHECK (trials BETWEEN 1 AND "
                              "4611686018427387904),\n"
                              "    hits INTEGER NOT NULL CHECK (hits BETWEEN 0 AND "
                              "trials),\n"
                              "    elapsed_ms INTEGER NOT NULL CHECK (elapsed_ms >= "
                              "0),\n"
                              "    UNIQUE (job, trials)\n"
                              ") STRICT;\n"

                              "PRAGMA application_id = 1885954927;\n"
                              "PRAGMA user_version = 1;\n";

_Static_assert(SCHEMA_APPLICATION == 1885954927 && SCHEMA_VERSION == 4,
               "the texts say both");

/* clang-format off */
/* Audits. */
static const char second[] =
    "ALTER TABLE jobs ADD COLUMN audit TEXT NOT NULL DEFAULT 'adaptive'\n"
    "    CHECK (audit IN ('adaptive', 'all', 'none'));\n"

    "CREATE TABLE standings (\n"
    "    -- what is thought of a worker: results in a row that nothing refuted,\n"
    "    -- those of them that were recomputed, whether an operator named it\n"
    "    worker TEXT PRIMARY KEY NOT NULL CHECK (" WORKER_ID "),\n"
    "    valid INTEGER NOT NULL CHECK (valid >= 0),\n"
    "    passed INTEGER NOT NULL CHECK (passed >= 0),\n"
    "    trusted INTEGER NOT NULL CHECK (trusted IN (0, 1))\n"
    ") STRICT, WITHOUT ROWID;\n"

    "CREATE TABLE audits (\n"
    "    -- what is yet to be recomputed, and the hits that its worker said;\n"
    "    -- whole: a row of this range is verified by it\n"
    "    id INTEGER PRIMARY KEY,\n"
    "    job INTEGER NOT NULL REFERENCES jobs (number),\n"
    "    worker TEXT NOT NULL CHECK (" WORKER_ID "),\n"
    "    first INTEGER NOT NULL CHECK (first >= 0),\n"
    "    count INTEGER NOT NULL CHECK (count >= 1),\n"
    "    hits INTEGER NOT NULL CHECK (hits BETWEEN 0 AND count),\n"
    "    results INTEGER NOT NULL CHECK (results >= 1),\n"
    "    whole INTEGER NOT NULL CHECK (whole IN (0, 1))\n"
    ") STRICT;\n"

    "PRAGMA user_version = 2;\n";

static const char third[] =
    "CREATE TABLE removed (\n"
    "    -- one row: the highest number of a job that was removed; 0: none. Numbers\n"
    "    -- are not used again\n"
    "    job INTEGER NOT NULL CHECK (job >= 0)\n"
    ") STRICT;\n"
    "INSERT INTO removed VALUES (0);\n"

    "-- workers that were found to be wrong when they had passed their probation\n"
    "ALTER TABLE jobs ADD COLUMN exclusions INTEGER NOT NULL DEFAULT 0\n"
    "    CHECK (exclusions BETWEEN 0 AND 3);\n"

    "-- known or feared to be wrong, in a job that has ended\n"
    "ALTER TABLE rows ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0\n"
    "    CHECK (doubtful IN (0, 1) AND verified >= doubtful);\n"

    "PRAGMA user_version = 3;\n";

/* Programs, and times. */
static const char fourth[] =
    "-- Unix time in ms, for display; NULL: not known, or not yet\n"
    "ALTER TABLE jobs ADD COLUMN submitted_ms INTEGER CHECK (submitted_ms > 0);\n"
    "ALTER TABLE jobs ADD COLUMN started_ms INTEGER CHECK (started_ms > 0);\n"
    "ALTER TABLE jobs ADD COLUMN ended_ms INTEGER CHECK (ended_ms > 0);\n"

    "CREATE TABLE programs (\n"
    "    -- of jobs that are not of pi: what they count. One trial is 65536 of those\n"
    "    -- that jobs, rows, shares, audits and answers have\n"
    "    job INTEGER PRIMARY KEY REFERENCES jobs (number),\n"
    "    program TEXT NOT NULL CHECK (length(program) BETWEEN 1 AND 32),\n"
    "    arg TEXT NOT NULL CHECK (length(arg) <= 256),\n"
    "    scale REAL NOT NULL CHECK (scale > 0),\n"
    "    score INTEGER NOT NULL CHECK (score IN (0, 1)),\n"
    "    -- of the self-test of those who count it; NULL: nobody has it yet\n"
    "    test TEXT CHECK (length(test) = 16 AND test NOT GLOB '*[^0-9a-f]*')\n"
    ") STRICT;\n"

    "CREATE TABLE program_standings (\n"
    "    -- as standings, of one program\n"
    "    worker TEXT NOT NULL CHECK (" WORKER_ID "),\n"
    "    program TEXT NOT NULL CHECK (length(program) BETWEEN 1 AND 32),\n"
    "    valid INTEGER NOT NULL CHECK (valid >= 0),\n"
    "    passed INTEGER NOT NULL CHECK (passed >= 0),\n"
    "    -- why it is excluded from the program, and the range that was wrong\n"
    "    excluded TEXT CHECK (length(excluded) BETWEEN 1 AND 200),\n"
    "    job INTEGER NOT NULL CHECK (job >= 0),\n"
    "    first INTEGER NOT NULL CHECK (first >= 0),\n"
    "    count INTEGER NOT NULL CHECK (count >= 0),\n"
    "    PRIMARY KEY (worker, program)\n"
    ") STRICT, WITHOUT ROWID;\n"

    "PRAGMA user_version = 4;\n";
/* clang-format on */

const char *const schema_steps[SCHEMA_VERSION] = {first, second, third, fourth};
