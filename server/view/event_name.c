// SPDX-License-Identifier: MIT
#include "server/view/event_name.h"

#include <stddef.h>

const char *const event_names[EVENT_TYPES] = {
    [EVENT_WORKER_JOINED] = "worker_joined",
    [EVENT_WORKER_RESUMED] = "worker_back",
    [EVENT_WORKER_LEFT] = "worker_left",
    [EVENT_WORKER_LOST] = "worker_lost",
    [EVENT_WORKER_BANNED] = "worker_excluded",
    [EVENT_WORKER_TRUSTED] = "worker_trusted",
    [EVENT_PEER_REFUSED] = "peer_refused",
    [EVENT_LEASE_EXPIRED] = "lease_expired",
    [EVENT_LEASED_AGAIN] = "leased_again",
    [EVENT_SPECULATED] = "lease_doubled",
    [EVENT_JOB_SUBMITTED] = "job_submitted",
    [EVENT_JOB_STARTED] = "job_started",
    [EVENT_JOB_PAUSED] = "job_paused",
    [EVENT_JOB_RESUMED] = "job_resumed",
    [EVENT_JOB_EXTENDED] = "job_extended",
    [EVENT_JOB_DONE] = "job_done",
    [EVENT_JOB_CANCELLED] = "job_cancelled",
    [EVENT_JOB_FAILED] = "job_failed",
    [EVENT_STORE_FULL] = "store_full",
    [EVENT_STORE_RECOVERED] = "store_recovered",
    [EVENT_TOKEN_ROTATED] = "token_rotated",
    [EVENT_CLOCK_LATE] = "clock_late",
    [EVENT_TYPES - 1] = "results_revoked",
};

int event_number(const struct effect *e)
{
    if (e->type == EFFECT_EVENT)
        return (int)e->event.type;
    return e->type == EFFECT_REVOKE ? EVENT_TYPES - 1 : -1;
}

const char *event_name(const struct effect *e)
{
    int type = event_number(e);
    return type < 0 ? NULL : event_names[type];
}
