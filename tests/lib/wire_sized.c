// SPDX-License-Identifier: MIT
#include "tests/lib/wire_sized.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/wire.h"
#include "tests/lib/wire_verdict.h"

/* ---- messages of n ---- */

enum { MANY = 5000, LONG = 70000 };

static uint64_t ones[MANY], zeros[MANY];
static uint32_t zeros32[MANY], sixteens[MANY];
static uint8_t bytes[LONG];
static char letters[LONG];

void wire_sized_setup(void)
{
    for (size_t i = 0; i < MANY; i++) {
        ones[i] = 1;
        sixteens[i] = LEASE_LOG2_MIN;
    }
    memset(letters, 'x', sizeof(letters) - 1);
}

/* So many letters, static. */
static char *text_of(uint64_t n)
{
    static char text[LONG];
    snprintf(text, sizeof(text), "%.*s", (int)n, letters);
    return text;
}

static ProtobufCBinaryData data_of(uint64_t n)
{
    return (ProtobufCBinaryData){.len = n, .data = bytes};
}

#define BODY(BODY, p) verdict_of(PB__FRAME__BODY_##BODY, &(p).base)

static Pb__Hello hello(void)
{
    Pb__Hello p = PB__HELLO__INIT;
    p.protocol_min = p.protocol_max = PROTOCOL_MAX;
    p.role = PB__ROLE__ROLE_WORKER;
    p.name = "x";
    p.secret = data_of(UID_BYTES);
    p.threads = 1;
    return p;
}

const char *sized_hello_from(uint64_t n)
{
    Pb__Hello p = hello();
    p.protocol_min = p.protocol_max = (uint32_t)n;
    Pb__Welcome w = PB__WELCOME__INIT;
    w.protocol = (uint32_t)n; /* of another protocol nothing is read of it */
    w.name = "a/b";
    return BODY(HELLO, p) || !BODY(WELCOME, w) ? "another protocol" : NULL;
}

const char *sized_hello_secret(uint64_t n)
{
    Pb__Hello p = hello();
    p.secret = data_of(n);
    return BODY(HELLO, p);
}

const char *sized_hello_proof(uint64_t n)
{
    Pb__Hello p = hello();
    p.proof = data_of(n);
    return BODY(HELLO, p);
}

const char *sized_hello_name(uint64_t n)
{
    Pb__Hello p = hello();
    p.name = text_of(n);
    return BODY(HELLO, p);
}

const char *sized_hello_threads(uint64_t n)
{
    Pb__Hello p = hello();
    p.threads = (uint32_t)n;
    return BODY(HELLO, p);
}

/* Of names that differ. */
const char *sized_hello_offers(uint64_t n)
{
    static double rates[MANY];
    char names[64][24], *list[64];
    Pb__Hello p = hello();
    for (size_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof(names[i]), "x%zu", i);
        list[i] = names[i];
    }
    p.n_offer = p.n_offer_test = p.n_offer_rate = n;
    p.offer = list;
    p.offer_test = zeros;
    p.offer_rate = rates;
    return BODY(HELLO, p);
}

const char *sized_bye_reason(uint64_t n)
{
    Pb__Bye p = PB__BYE__INIT;
    p.reason = text_of(n);
    return BODY(BYE, p);
}

const char *sized_heartbeat_entries(uint64_t n)
{
    Pb__Heartbeat p = PB__HEARTBEAT__INIT;
    p.n_grant = p.n_lease = n;
    p.grant = ones;
    p.lease = zeros32;
    return BODY(HEARTBEAT, p);
}

static Pb__Grants grants_of(uint64_t n)
{
    Pb__Grants p = PB__GRANTS__INIT;
    p.job = data_of(UID_BYTES);
    p.n_grant = p.n_thread = p.n_first = p.n_count = p.n_lease_log2 = n;
    p.token = data_of(n * TOKEN_BYTES);
    p.grant = p.count = ones;
    p.thread = zeros32;
    p.first = zeros;
    p.lease_log2 = sixteens;
    return p;
}

const char *sized_grants_entries(uint64_t n)
{
    Pb__Grants p = grants_of(n);
    return BODY(GRANTS, p);
}

const char *sized_grants_token(uint64_t n)
{
    Pb__Grants p = grants_of(1);
    p.token = data_of(n);
    return BODY(GRANTS, p);
}

const char *sized_grants_arg(uint64_t n)
{
    Pb__Grants p = grants_of(1);
    p.program = "x";
    p.arg = text_of(n);
    p.count = &(uint64_t){UINT64_C(1) << UNIT_LOG2};
    return BODY(GRANTS, p);
}

const char *sized_grant_of_leases(uint64_t n)
{
    Pb__Grants p = grants_of(1);
    p.count = &(uint64_t){n << LEASE_LOG2_MIN};
    return BODY(GRANTS, p);
}

const char *sized_grant_of_log2(uint64_t n)
{
    Pb__Grants p = grants_of(1);
    p.lease_log2 = &(uint32_t){(uint32_t)n};
    return BODY(GRANTS, p);
}

const char *sized_resume_entries(uint64_t n)
{
    Pb__Resume p = PB__RESUME__INIT;
    p.job = data_of(n * UID_BYTES);
    p.token = data_of(n * TOKEN_BYTES);
    p.n_grant = p.n_thread = p.n_first = p.n_count = p.n_lease_log2 = n;
    p.n_computing = p.n_unanswered = n;
    p.grant = p.count = p.computing = ones;
    p.thread = zeros32;
    p.first = p.unanswered = zeros;
    p.lease_log2 = sixteens;
    return BODY(RESUME, p);
}

const char *sized_resume_stderr(uint64_t n)
{
    Pb__Resume p = PB__RESUME__INIT;
    char *name = "x", *why = "", *said = text_of(n);
    p.n_failed = p.n_failed_why = p.n_failed_stderr = 1;
    p.failed = &name;
    p.failed_why = &why;
    p.failed_stderr = &said;
    return BODY(RESUME, p);
}

/* n grants of `leases` leases each, and `pieces` pieces each. */
static const char *results_of(uint64_t n, uint64_t leases, uint64_t pieces)
{
    static uint64_t sets[MANY];
    static uint32_t groups[MANY];
    Pb__Results p = PB__RESULTS__INIT;
    p.n_grant = p.n_leases = p.n_rate = p.n_group_pieces = n;
    for (size_t i = 0; i < n; i++) {
        sets[i] = UINT64_MAX >> (64 - leases);
        groups[i] = (uint32_t)pieces;
    }
    p.grant = p.rate = p.hits = p.pieces = ones;
    p.leases = sets;
    p.group_pieces = groups;
    p.n_hits = n * leases;
    p.n_pieces = n * pieces;
    return BODY(RESULTS, p);
}

const char *sized_results_grants(uint64_t n)
{
    return results_of(n, 1, 1);
}

/* So many of one lease each, but for the first. */
const char *sized_results_hits(uint64_t n)
{
    uint64_t sets[RESULTS_GRANTS_MAX];
    size_t grants = 0, left = n;
    for (; left > 0; grants++) {
        size_t leases = left > 16 ? 16 : left;
        sets[grants] = UINT64_MAX >> (64 - leases);
        left -= leases;
    }
    Pb__Results p = PB__RESULTS__INIT;
    p.n_grant = p.n_leases = p.n_rate = p.n_group_pieces = grants;
    p.grant = p.rate = p.hits = ones;
    p.leases = sets;
    p.group_pieces = zeros32;
    p.n_hits = n;
    return BODY(RESULTS, p);
}

/* Of one grant, whose 64 leases may have as many. */
const char *sized_results_pieces(uint64_t n)
{
    return results_of(1, GRANT_LEASES, n);
}

const char *sized_lease_of_pieces(uint64_t n)
{
    return results_of(1, 1, n);
}

static const char *result_of(uint64_t hits, uint64_t piece)
{
    Pb__Results p = PB__RESULTS__INIT;
    p.n_grant = p.n_leases = p.n_rate = p.n_group_pieces = p.n_hits = p.n_pieces = 1;
    p.grant = p.rate = p.leases = ones;
    p.group_pieces = &(uint32_t){1};
    p.hits = &hits;
    p.pieces = &piece;
    return BODY(RESULTS, p);
}

const char *sized_lease_of_hits(uint64_t n)
{
    return result_of(n, 0);
}

const char *sized_piece_of_hits(uint64_t n)
{
    return result_of(n, n);
}

const char *sized_answers_entries(uint64_t n)
{
    Pb__Answers p = PB__ANSWERS__INIT;
    p.n_grant = p.n_counted = p.n_covered = p.n_dropped = p.n_stale = n;
    p.grant = p.counted = ones;
    p.covered = p.dropped = p.stale = zeros;
    return BODY(ANSWERS, p);
}

const char *sized_cancel_entries(uint64_t n)
{
    Pb__Cancel p = PB__CANCEL__INIT;
    Pb__GiveBack q = PB__GIVE_BACK__INIT;
    p.n_grant = p.n_leases = q.n_grant = q.n_leases = n;
    p.grant = p.leases = q.grant = q.leases = ones;
    const char *why = BODY(CANCEL, p);
    assert_int_equal(!why, !BODY(GIVE_BACK, q));
    return why;
}

const char *sized_extend_to(uint64_t n)
{
    Pb__Extend p = PB__EXTEND__INIT;
    Pb__Request r = PB__REQUEST__INIT;
    p.trials = n;
    r.verb_case = PB__REQUEST__VERB_EXTEND;
    r.extend = &p;
    return BODY(REQUEST, r);
}

const char *sized_submit_of_program(uint64_t n)
{
    Pb__Submit p = PB__SUBMIT__INIT;
    Pb__Request r = PB__REQUEST__INIT;
    p.request = data_of(UID_BYTES);
    p.program = "x";
    p.trials = n;
    r.verb_case = PB__REQUEST__VERB_SUBMIT;
    r.submit = &p;
    return BODY(REQUEST, r);
}

/* ---- replies of n ---- */

#define REPLY(BODY_, member_, p)                                                       \
    (reply.body_case = PB__REPLY__BODY_##BODY_, reply.member_ = &(p),                  \
     BODY(REPLY, reply))

const char *sized_score_of_a_trial(uint64_t n)
{
    Pb__Reply reply = PB__REPLY__INIT;
    Pb__Ledger p = PB__LEDGER__INIT;
    p.n_first = p.n_count = p.n_done = p.n_hits = 1;
    p.first = zeros;
    p.count = p.done = ones;
    p.hits = &n;
    p.score = true;
    return REPLY(LEDGER, ledger, p);
}

/* All lists have one limit. */
const char *sized_lists(uint64_t n)
{
    Pb__Reply reply = PB__REPLY__INIT;
    Pb__Job job = PB__JOB__INIT, *job_list[MANY];
    Pb__Worker worker = PB__WORKER__INIT, *worker_list[MANY];
    Pb__Answer answer = PB__ANSWER__INIT, *answer_list[MANY];
    Pb__Event event = PB__EVENT__INIT, *event_list[MANY];
    Pb__Share share = PB__SHARE__INIT, *share_list[MANY];
    Pb__Jobs jobs = PB__JOBS__INIT;
    Pb__Workers workers = PB__WORKERS__INIT;
    Pb__History history = PB__HISTORY__INIT;
    Pb__Events events = PB__EVENTS__INIT;
    Pb__Ledger shares = PB__LEDGER__INIT, doubts = PB__LEDGER__INIT;
    job.id = answer.job = "j-1";
    job.state = "queued";
    job.uid = "00112233445566778899aabbccddeeff";
    worker.id = share.worker = "0123456789abcdef";
    worker.state = "idle";
    for (size_t i = 0; i < n; i++) {
        job_list[i] = &job;
        worker_list[i] = &worker;
        answer_list[i] = &answer;
        event_list[i] = &event;
        share_list[i] = &share;
    }
    jobs.n_jobs = workers.n_workers = history.n_answers = events.n_events = n;
    shares.n_shares = doubts.n_doubt_first = doubts.n_doubt_count = n;
    jobs.jobs = job_list;
    workers.workers = worker_list;
    history.answers = answer_list;
    events.events = event_list;
    shares.shares = share_list;
    doubts.doubt_first = zeros;
    doubts.doubt_count = ones;
    const char *why = REPLY(JOBS, jobs, jobs);
    assert_int_equal(!why, !REPLY(WORKERS, workers, workers));
    assert_int_equal(!why, !REPLY(HISTORY, history, history));
    assert_int_equal(!why, !REPLY(EVENTS, events, events));
    assert_int_equal(!why, !REPLY(LEDGER, ledger, shares));
    assert_int_equal(!why, !REPLY(LEDGER, ledger, doubts));
    return why;
}

const char *sized_ledger_cells(uint64_t n)
{
    Pb__Reply reply = PB__REPLY__INIT;
    Pb__Ledger p = PB__LEDGER__INIT;
    p.n_first = p.n_count = p.n_done = p.n_hits = n;
    p.first = p.done = p.hits = zeros;
    p.count = ones;
    return REPLY(LEDGER, ledger, p);
}

static const char *joins_of(uint64_t n, uint64_t length)
{
    Pb__Reply reply = PB__REPLY__INIT;
    Pb__Token workers = PB__TOKEN__INIT, operators = PB__TOKEN__INIT;
    char *list[MANY], *text = text_of(length);
    for (size_t i = 0; i < n; i++)
        list[i] = text;
    workers.n_worker = operators.n_operator_ = n;
    workers.worker = operators.operator_ = list;
    const char *why = REPLY(TOKEN, token, workers);
    assert_int_equal(!why, !REPLY(TOKEN, token, operators));
    return why;
}

const char *sized_joins(uint64_t n)
{
    return joins_of(n, 1);
}

const char *sized_join_bytes(uint64_t n)
{
    return joins_of(1, n);
}

const char *sized_backup_piece(uint64_t n)
{
    Pb__Reply reply = PB__REPLY__INIT;
    Pb__Backup p = PB__BACKUP__INIT;
    p.size = UINT64_MAX;
    p.data = data_of(n);
    return REPLY(BACKUP, backup, p);
}
