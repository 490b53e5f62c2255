// SPDX-License-Identifier: MIT
#include "server/view/event_name.h"

const struct event_name event_names[EVENT_TYPES] = {
    [EVENT_WORKER_JOINED] = {"worker_joined", "worker", LOG_LEVEL_INFO,
                             "worker joined"},
    [EVENT_WORKER_RESUMED] = {"worker_back", "worker", LOG_LEVEL_INFO, "worker back"},
    [EVENT_WORKER_LEFT] = {"worker_left", "worker", LOG_LEVEL_INFO, "worker left"},
    [EVENT_WORKER_LOST] = {"worker_lost", "worker", LOG_LEVEL_WARN,
                           "worker lost, others take over its ranges"},
    [EVENT_WORKER_BANNED] = {"worker_excluded", "worker", LOG_LEVEL_ERROR,
                             "worker excluded"},
    [EVENT_WORKER_PARDONED] = {"worker_pardoned", "worker", LOG_LEVEL_INFO,
                               "worker pardoned"},
    [EVENT_WORKER_TRUSTED] = {"worker_trusted", "worker", LOG_LEVEL_INFO,
                              "worker trusted"},
    [EVENT_WORKER_UNTRUSTED] = {"worker_untrusted", "worker", LOG_LEVEL_INFO,
                                "worker not trusted any more"},
    [EVENT_PEER_REFUSED] = {"peer_refused", NULL, LOG_LEVEL_WARN, "peer refused"},
    [EVENT_LEASE_EXPIRED] = {"lease_expired", "ranges", LOG_LEVEL_WARN,
                             "lease expired, others take over its ranges"},
    [EVENT_LEASED_AGAIN] = {"leased_again", "ranges", LOG_LEVEL_INFO, "leased again"},
    [EVENT_SPECULATED] = {"lease_doubled", "ranges", LOG_LEVEL_INFO,
                          "straggler's lease also given to another"},
    [EVENT_JOB_SUBMITTED] = {"job_submitted", "job", LOG_LEVEL_INFO, "job submitted"},
    [EVENT_JOB_STARTED] = {"job_started", "job", LOG_LEVEL_INFO, "job started"},
    [EVENT_JOB_PAUSED] = {"job_paused", "job", LOG_LEVEL_INFO, "job paused"},
    [EVENT_JOB_RESUMED] = {"job_resumed", "job", LOG_LEVEL_INFO, "job resumed"},
    [EVENT_JOB_EXTENDED] = {"job_extended", "job", LOG_LEVEL_INFO, "job extended"},
    [EVENT_JOB_DONE] = {"job_done", "job", LOG_LEVEL_INFO, "job done"},
    [EVENT_JOB_CANCELLED] = {"job_cancelled", "job", LOG_LEVEL_INFO, "job cancelled"},
    [EVENT_JOB_FAILED] = {"job_failed", "job", LOG_LEVEL_ERROR, "job failed"},
    [EVENT_JOB_REMOVED] = {"job_removed", "job", LOG_LEVEL_INFO, "job removed"},
    [EVENT_STORE_FULL] = {"store_full", "coordinator", LOG_LEVEL_ERROR, NULL},
    [EVENT_STORE_RECOVERED] = {"store_recovered", "coordinator", LOG_LEVEL_INFO,
                               "progress is saved again"},
    [EVENT_TOKEN_ROTATED] = {"token_rotated", "coordinator", LOG_LEVEL_INFO,
                             "token rotated"},
    [EVENT_DOUBT] = {"job_in_doubt", "job", LOG_LEVEL_ERROR,
                     "an answer that was given is in doubt"},
    [EVENT_WORKER_KICKED] = {"worker_kicked", "worker", LOG_LEVEL_INFO,
                             "worker kicked"},
    [EVENT_WORKER_EXCLUDED] = {"program_excluded", "worker", LOG_LEVEL_ERROR,
                               "worker excluded from a program"},
    [EVENT_CLOCK_LATE] = {"clock_late", "coordinator", LOG_LEVEL_WARN,
                          "this process stood still, all deadlines move"},
    [EVENT_TYPES - 1] = {"results_revoked", "ranges", LOG_LEVEL_ERROR,
                         "results revoked, their ranges are leased again"},
};

int event_number(const struct effect *e)
{
    if (e->type == EFFECT_EVENT)
        return (int)e->event.type;
    return e->type == EFFECT_REVOKE ? EVENT_TYPES - 1 : -1;
}

const char *event_role(enum role role)
{
    return role == ROLE_WORKER ? "worker" : "operator";
}
