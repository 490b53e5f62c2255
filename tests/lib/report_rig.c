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
                   .workers = 2,
                   .threads = 3,
                   .jobs_active = 1,
                   .rate = 4.12e9,
                   .host = {.time_ms = 1, .connections = 3, .fds_used = 18},
                   .audits.help = ""},
        .job = {.number = 7,
                .name = "",
                .state = JOB_RUNNING,
                .reason = "",
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
        reply.body = REPLY_LEDGER;
        reply.ledger = *c->ledger;
        take(take_ctx, &reply);
    } else {
        fail_msg("a request that changes something");
    }
    return true;
}
