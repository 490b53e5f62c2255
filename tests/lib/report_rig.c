// SPDX-License-Identifier: MIT
#include "tests/lib/report_rig.h"

struct core core_with_job(void)
{
    return (struct core){
        .status = {.version = "0.1.0",
                   .protocol = 1,
                   .uptime_ms = 61500,
                   .state = COORD_READY,
                   .reason = "",
                   .stalled = "",
                   .workers = 2,
                   .threads = 3,
                   .jobs_active = 1,
                   .rate = 4.12e9,
                   .host = {.time_ms = 1, .connections = 3, .fds_used = 18},
                   .audits.help = "",
                   .waiting = {UINT64_C(74170880000), 4, 18}},
        .job = {.number = 7,
                .name = "",
                .state = JOB_RUNNING,
                .reason = "",
                .stalled = "",
                .seed = 42,
                .trials = UINT64_C(200000000000),
                .done = UINT64_C(125829120000),
                .doubt = "",
                .program = "",
                .arg = "",
                .scale = SCALE_PI,
                .hits = UINT64_C(98825898295),
                .verified_done = UINT64_C(125829120000),
                .verified_hits = UINT64_C(98825898295),
                .pi = 3.1415906,
                .stderr_ = 4.6e-6,
                .ci_low = 3.1415815,
                .ci_high = 3.1415997,
                .any_low = 3.1415774,
                .any_high = 3.1416038,
                .rate = 4.12e9,
                .weight = 1,
                .elapsed_ms = 30000},
        .workers = {{.id = 1,
                     .name = "lab-03",
                     .address = "10.0.0.7:51544",
                     .kernel = "avx2",
                     .version = "0.1.0",
                     .threads = 2,
                     .state = WORKER_BUSY,
                     .rate = 2e9,
                     .trials = UINT64_C(1) << 40},
                    {.id = 2,
                     .name = "lab-04",
                     .address = "10.0.0.8:51544",
                     .kernel = "scalar",
                     .version = "0.1.0",
                     .threads = 1,
                     .state = WORKER_LOST}}};
}

static const struct program_view own_programs[] = {
    {.name = "walk",
     .state = PROGRAM_READY,
     .test_known = true,
     .test = 0x4600000000000047,
     .rate = 4.8e6,
     .reason = "",
     .stderr_ = ""},
    {.name = "needle",
     .state = PROGRAM_EXCLUDED,
     .test_known = true,
     .test = 0x6600000000000067,
     .rate = 6.8e6,
     .reason = "it counts otherwise",
     .stderr_ = ""},
    {.name = "ruin",
     .state = PROGRAM_FAILED,
     .rate = 0,
     .reason = "it has ended with status 68",
     .stderr_ = "no <file>\nno \"luck\""}};

struct core core_of_own_values(void)
{
    return (struct core){
        .status =
            {.version = "0.1.2",
             .protocol = 3,
             .uptime_ms = 4005006,
             .state = COORD_DRAINING,
             .reason = "it drains",
             .stalled = "drains",
             .workers = 7,
             .threads = 8,
             .jobs_active = 9,
             .rate = 1.01e9,
             .host = {.time_ms = INT64_C(1800000000011),
                      .connections = 12,
                      .fds_used = 13,
                      .fds_limit = 14},
             .audits = {.due = 15, .trials = 16, .wait_ms = 17500, .help = "more"},
             .waiting = {.trials = 91, .threads = 92, .seconds = 93.5},
             .audit = AUDIT_NONE},
        .job = {.number = 18,
                .name = "night",
                .state = JOB_PAUSED,
                .reason = "it waits",
                .stalled = "waits",
                .seed = 19,
                .trials = UINT64_C(200000000000),
                .done = UINT64_C(125829120000),
                .doubt = "5 & 6 < 7",
                .doubtful = 20,
                .hits = UINT64_C(98825898295),
                .verified_done = UINT64_C(115829120000),
                .verified_hits = UINT64_C(90825898295),
                .surplus = 21,
                .pi = 3.1415906,
                .stderr_ = 4.6e-6,
                .ci_low = 3.1415815,
                .ci_high = 3.1415997,
                .any_low = 3.1415774,
                .any_high = 3.1416038,
                .rate = 2.02e9,
                .rule = STOP_STDERR,
                .until_stderr = 2.2e-6,
                .for_ms = 23000,
                .weight = 24,
                .elapsed_ms = 25500,
                .leased = 26,
                .computed_again = 27,
                .uid = {0x28, 0x29},
                .audit = AUDIT_ALL,
                .program = "",
                .arg = "",
                .scale = SCALE_PI,
                .submitted_ms = INT64_C(1800000000094),
                .started_ms = INT64_C(1800000001095),
                .ended_ms = INT64_C(1800000002096)},
        .workers = {{.id = 0x31,
                     .name = "lab-32",
                     .address = "10.0.0.33:5134",
                     .kernel = "avx2",
                     .version = "0.3.5",
                     .threads = 36,
                     .state = WORKER_BUSY,
                     .rate = 3.7e9,
                     .trials = 38,
                     .leases = 39,
                     .last_seen_ms = 4000,
                     .trust = TRUST_SAMPLED,
                     .audited = 41,
                     .audits = 42,
                     .z = 0.43,
                     .audit_ms = 44,
                     .trusted_as = TRUSTED_NAMED,
                     .n_programs = 1,
                     .programs = own_programs,
                     .joined_ms = INT64_C(1800000003097),
                     .seen_ms = INT64_C(1800000004098)},
                    {.id = 0x51,
                     .name = "lab-52",
                     .address = "10.0.0.53:5154",
                     .kernel = "scalar",
                     .version = "0.5.5",
                     .threads = 56,
                     .state = WORKER_SILENT,
                     .rate = 5.7e9,
                     .trials = 58,
                     .leases = 59,
                     .last_seen_ms = 6000,
                     .trust = TRUST_PROBATION,
                     .audited = 61,
                     .audits = 62,
                     .z = -0.63,
                     .audit_ms = 64,
                     .removed = REMOVED_KICKED,
                     .n_programs = 2,
                     .programs = own_programs + 1}}};
}

struct core core_of_own_program(void)
{
    struct core c = core_of_own_values();
    c.job.program = "walk";
    c.job.arg = "n=8 & <x> \"y\"";
    c.job.scale = 2.5;
    c.job.score = true;
    c.job.test_known = true;
    c.job.test = 0x2e0000000000002f;
    c.job.trials = 2000000;
    c.job.done = 1258291;
    c.job.hits = UINT64_C(64765416448);
    c.job.verified_done = 1158291;
    c.job.verified_hits = UINT64_C(59618115584);
    c.job.pi = 1.9634949;
    c.job.ci_low = 1.9634858;
    c.job.ci_high = 1.963504;
    c.job.any_low = 1.9634826;
    c.job.any_high = 1.9635072;
    c.job.surplus = 2;
    c.job.rate = 20200;
    return c;
}

bool core_ask(void *ctx, const struct msg_request *r, reply_sink *take, void *take_ctx)
{
    struct core *c = ctx;
    struct msg_reply reply = {.id = r->id, .last = true};
    c->asked++;
    if (c->stopped)
        return false;
    if (r->verb == REQUEST_STATUS) {
        reply.body = REPLY_STATUS;
        reply.status = c->status;
        reply.status.job = c->no_job ? NULL : &c->job;
        take(take_ctx, &reply);
    } else if (r->verb == REQUEST_JOBS) {
        reply.body = REPLY_JOBS;
        reply.jobs.n = !c->no_job;
        reply.jobs.jobs = &c->job;
        take(take_ctx, &reply);
    } else if (r->verb == REQUEST_WORKERS) {
        reply.body = REPLY_WORKERS;
        reply.workers.n = 1;
        for (size_t i = 0; i < 2; i++) {
            reply.last = i == 1;
            reply.workers.workers = &c->workers[i];
            take(take_ctx, &reply);
        }
    } else if (r->verb == REQUEST_LEDGER) {
        c->asked_ledger++;
        if (!c->ledger)
            return false;
        bool there = !r->job || r->job == c->job.number;
        reply.body = there ? REPLY_LEDGER : REPLY_ERROR;
        if (there)
            reply.ledger = *c->ledger;
        take(take_ctx, &reply);
    } else {
        fail_msg("a request that changes something");
    }
    return true;
}
