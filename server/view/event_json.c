// SPDX-License-Identifier: MIT
#include "server/view/event_json.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <time.h>

#include "common/cli/job_format.h"
#include "common/wire/json.h"
#include "server/view/report.h"

const char *news_event(const struct effect *e)
{
    if (e->type == EFFECT_REVOKE)
        return "ranges";
    if (e->type != EFFECT_NOTE)
        return NULL;
    switch (e->note.type) {
    case NOTE_WORKER_JOINED:
    case NOTE_WORKER_RESUMED:
    case NOTE_WORKER_LEFT:
    case NOTE_WORKER_LOST:
    case NOTE_WORKER_BANNED:
    case NOTE_WORKER_TRUSTED:
        return "worker";
    case NOTE_LEASE_EXPIRED:
    case NOTE_LEASED_AGAIN:
    case NOTE_SPECULATED:
        return "ranges";
    case NOTE_JOB_SUBMITTED:
    case NOTE_JOB_STARTED:
    case NOTE_JOB_PAUSED:
    case NOTE_JOB_RESUMED:
    case NOTE_JOB_EXTENDED:
    case NOTE_JOB_DONE:
    case NOTE_JOB_CANCELLED:
    case NOTE_JOB_FAILED:
        return "job";
    case NOTE_STORE_FULL:
    case NOTE_STORE_RECOVERED:
    case NOTE_CLOCK_LATE:
        return "coordinator";
    case NOTE_PEER_REFUSED: /* an address, and nothing to look at */
    case NOTE_TOKEN_ROTATED:
        break;
    }
    return NULL;
}

void news_print(FILE *out, const struct effect *e)
{
    static const struct note none;
    const struct note *n = e->type == EFFECT_NOTE ? &e->note : &none;
    bool revoked = e->type == EFFECT_REVOKE;
    uint64_t job = revoked ? e->revoke.job : n->job;
    char id[JOB_ID_BYTES];
    const char *event = news_event(e);
    struct timespec now;
    assert(event);
    clock_gettime(CLOCK_REALTIME, &now);
    fprintf(out, "event: %s\ndata: {\"what\":", event);
    json_text(out, show_event_word(e));
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
