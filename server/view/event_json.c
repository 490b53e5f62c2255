// SPDX-License-Identifier: MIT
#include "server/view/event_json.h"

#include <assert.h>
#include <inttypes.h>
#include <time.h>

#include "common/base/json_writer.h"
#include "common/cli/job_format.h"
#include "server/view/event_name.h"

/* The union of the members of all events: every event has the same shape. */
struct members {
    const char *worker, *reason, *name;
    uint64_t job, first, trials, late_ms;
    uint32_t ranges, threads, connections;
};

static struct members members_of_event(const struct event *event)
{
    struct members m = {.worker = "", .reason = "", .name = ""};
    switch (event->type) {
    case EVENT_WORKER_JOINED:
    case EVENT_WORKER_RESUMED:
        m.worker = event->arrival.worker;
        m.threads = event->arrival.threads;
        m.ranges = event->arrival.ranges;
        break;
    case EVENT_WORKER_LEFT:
    case EVENT_WORKER_LOST:
    case EVENT_WORKER_KICKED:
    case EVENT_WORKER_BANNED:
        m.worker = event->departure.worker;
        m.reason = event->departure.reason;
        m.trials = event->departure.trials;
        m.ranges = event->departure.ranges;
        break;
    case EVENT_WORKER_PARDONED:
    case EVENT_WORKER_TRUSTED:
    case EVENT_WORKER_UNTRUSTED:
        m.worker = event->named.worker;
        break;
    case EVENT_LEASE_EXPIRED:
        m.worker = event->expired.worker;
        m.trials = event->expired.trials;
        m.ranges = event->expired.ranges;
        break;
    case EVENT_LEASED_AGAIN:
    case EVENT_SPECULATED:
        m.worker = event->lease.worker;
        m.job = event->lease.job;
        m.first = event->lease.first;
        m.trials = event->lease.trials;
        break;
    case EVENT_JOB_SUBMITTED:
    case EVENT_JOB_STARTED:
    case EVENT_JOB_PAUSED:
    case EVENT_JOB_RESUMED:
    case EVENT_JOB_EXTENDED:
    case EVENT_JOB_DONE:
    case EVENT_JOB_CANCELLED:
    case EVENT_JOB_FAILED:
    case EVENT_JOB_REMOVED:
        m.name = event->job.name;
        m.job = event->job.number;
        m.trials = event->job.done;
        break;
    case EVENT_DOUBT:
        m.name = event->doubt.name;
        m.job = event->doubt.number;
        m.trials = event->doubt.trials;
        break;
    case EVENT_STORE_FULL:
        m.reason = event->store.reason;
        break;
    case EVENT_TOKEN_ROTATED:
        m.reason = event_role(event->rotation.role);
        m.connections = event->rotation.connections;
        break;
    case EVENT_CLOCK_LATE:
        m.late_ms = (uint64_t)event->late_ms;
        break;
    case EVENT_STORE_RECOVERED:
    case EVENT_PEER_REFUSED: /* not shown: it holds an address */
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

void event_json_write(FILE *out, const struct effect *e)
{
    assert(event_json_has(e));
    const struct event_name *name = &event_names[event_number(e)];
    const struct members m = members_of(e);
    char id[JOB_ID_BYTES];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct json_writer w = json_to_stream(out);
    fprintf(out, "event: %s\ndata: ", name->topic);
    json_begin_object(&w, NULL);
    json_put_text(&w, "what", name->name);
    json_put_text(&w, "job", m.job ? job_id_text(id, m.job) : "");
    json_put_text(&w, "name", m.name);
    json_put_text(&w, "worker", m.worker);
    json_put_text(&w, "reason", m.reason);
    json_put_u64(&w, "first", m.first);
    json_put_u64(&w, "trials", m.trials);
    json_put_number(&w, "ranges", "%" PRIu32, m.ranges);
    json_put_number(&w, "threads", "%" PRIu32, m.threads);
    json_put_number(&w, "connections", "%" PRIu32, m.connections);
    json_put_u64(&w, "late_ms", m.late_ms);
    json_put_u64(&w, "time_ms",
                 (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
    json_end_line(&w);
    putc('\n', out);
}
