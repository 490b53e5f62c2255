// SPDX-License-Identifier: MIT
#include "server/view/event_json.h"

#include <assert.h>
#include <inttypes.h>
#include <time.h>

#include "common/cli/job_format.h"
#include "common/wire/json.h"
#include "server/view/event_name.h"

/* The members of all events. */
struct members {
    const char *worker, *reason, *name;
    uint64_t job, first, trials;
    uint32_t ranges, threads, connections;
    int64_t late_ms;
};

static struct members members_of_event(const struct event *n)
{
    struct members m = {.worker = "", .reason = "", .name = ""};
    switch (n->type) {
    case EVENT_WORKER_JOINED:
    case EVENT_WORKER_RESUMED:
        m.worker = n->arrival.worker;
        m.threads = n->arrival.threads;
        m.ranges = n->arrival.ranges;
        break;
    case EVENT_WORKER_LEFT:
    case EVENT_WORKER_LOST:
    case EVENT_WORKER_BANNED:
        m.worker = n->departure.worker;
        m.reason = n->departure.reason;
        m.trials = n->departure.trials;
        m.ranges = n->departure.ranges;
        break;
    case EVENT_WORKER_TRUSTED:
        m.worker = n->trusted.worker;
        break;
    case EVENT_LEASE_EXPIRED:
        m.worker = n->expired.worker;
        m.trials = n->expired.trials;
        m.ranges = n->expired.ranges;
        break;
    case EVENT_LEASED_AGAIN:
    case EVENT_SPECULATED:
        m.worker = n->lease.worker;
        m.job = n->lease.job;
        m.first = n->lease.first;
        m.trials = n->lease.trials;
        break;
    case EVENT_JOB_SUBMITTED:
    case EVENT_JOB_STARTED:
    case EVENT_JOB_PAUSED:
    case EVENT_JOB_RESUMED:
    case EVENT_JOB_EXTENDED:
    case EVENT_JOB_DONE:
    case EVENT_JOB_CANCELLED:
    case EVENT_JOB_FAILED:
        m.name = n->job.name;
        m.job = n->job.number;
        m.trials = n->job.done;
        break;
    case EVENT_STORE_FULL:
        m.reason = n->store.reason;
        break;
    case EVENT_TOKEN_ROTATED:
        m.reason = event_role(n->rotation.role);
        m.connections = n->rotation.connections;
        break;
    case EVENT_CLOCK_LATE:
        m.late_ms = n->late_ms;
        break;
    case EVENT_STORE_RECOVERED:
    case EVENT_PEER_REFUSED: /* an address, and nothing to look at */
        break;
    }
    return m;
}

static struct members members_of(const struct effect *e)
{
    if (e->type == EFFECT_EVENT)
        return members_of_event(&e->event);
    return (struct members){.worker = "",
                            .reason = "",
                            .name = "",
                            .job = e->revoke.job,
                            .trials = e->revoke.trials};
}

bool event_json_has(const struct effect *e)
{
    int number = event_number(e);
    return number >= 0 && event_names[number].topic;
}

static void put_text(FILE *out, const char *member, const char *text)
{
    fprintf(out, "\"%s\":", member);
    json_text(out, text);
    putc(',', out);
}

void event_json_write(FILE *out, const struct effect *e)
{
    assert(event_json_has(e));
    const struct event_name *name = &event_names[event_number(e)];
    const struct members m = members_of(e);
    char id[JOB_ID_BYTES];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    fprintf(out, "event: %s\ndata: {", name->topic);
    put_text(out, "what", name->name);
    put_text(out, "job", m.job ? job_id_text(id, m.job) : "");
    put_text(out, "name", m.name);
    put_text(out, "worker", m.worker);
    put_text(out, "reason", m.reason);
    fprintf(out,
            "\"first\":\"%" PRIu64 "\",\"trials\":\"%" PRIu64 "\",\"ranges\":%" PRIu32
            ",\"threads\":%" PRIu32 ",\"connections\":%" PRIu32
            ",\"late_ms\":\"%" PRId64 "\",\"time_ms\":\"%" PRId64 "\"}\n\n",
            m.first, m.trials, m.ranges, m.threads, m.connections, m.late_ms,
            (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}
