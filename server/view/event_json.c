// SPDX-License-Identifier: MIT
#include "server/view/event_json.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <time.h>

#include "common/cli/job_format.h"
#include "common/wire/json.h"
#include "server/view/event_name.h"

const char *event_topic(const struct effect *e)
{
    if (e->type == EFFECT_REVOKE)
        return "ranges";
    if (e->type != EFFECT_EVENT)
        return NULL;
    switch (e->event.type) {
    case EVENT_WORKER_JOINED:
    case EVENT_WORKER_RESUMED:
    case EVENT_WORKER_LEFT:
    case EVENT_WORKER_LOST:
    case EVENT_WORKER_BANNED:
    case EVENT_WORKER_TRUSTED:
        return "worker";
    case EVENT_LEASE_EXPIRED:
    case EVENT_LEASED_AGAIN:
    case EVENT_SPECULATED:
        return "ranges";
    case EVENT_JOB_SUBMITTED:
    case EVENT_JOB_STARTED:
    case EVENT_JOB_PAUSED:
    case EVENT_JOB_RESUMED:
    case EVENT_JOB_EXTENDED:
    case EVENT_JOB_DONE:
    case EVENT_JOB_CANCELLED:
    case EVENT_JOB_FAILED:
        return "job";
    case EVENT_STORE_FULL:
    case EVENT_STORE_RECOVERED:
    case EVENT_CLOCK_LATE:
        return "coordinator";
    case EVENT_PEER_REFUSED: /* an address, and nothing to look at */
    case EVENT_TOKEN_ROTATED:
        break;
    }
    return NULL;
}

void event_json_write(FILE *out, const struct effect *e)
{
    static const struct event none;
    const struct event *n = e->type == EFFECT_EVENT ? &e->event : &none;
    bool revoked = e->type == EFFECT_REVOKE;
    uint64_t job = revoked ? e->revoke.job : n->job;
    char id[JOB_ID_BYTES];
    const char *event = event_topic(e);
    struct timespec now;
    assert(event);
    clock_gettime(CLOCK_REALTIME, &now);
    fprintf(out, "event: %s\ndata: {\"what\":", event);
    json_text(out, event_name(e));
    fputs(",\"job\":", out);
    json_text(out, job ? job_id_text(id, job) : "");
    fputs(",\"worker\":", out);
    json_text(out, n->worker ? n->worker : "");
    fputs(",\"reason\":", out);
    json_text(out, n->text ? n->text : "");
    fprintf(out,
            ",\"first\":\"%" PRIu64 "\",\"trials\":\"%" PRIu64
            "\",\"ranges\":%u,\"time_ms\":\"%" PRId64 "\"}\n\n",
            n->first, revoked ? e->revoke.trials : n->trials, n->ranges,
            (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}
