// SPDX-License-Identifier: MIT
#include "server/view/event_view.h"

#include <assert.h>
#include <time.h>

#include "server/view/event_name.h"

static struct event_view members_of_event(const struct event *event)
{
    struct event_view m = {.worker = "", .reason = "", .program = "", .name = ""};
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
    case EVENT_WORKER_EXCLUDED:
        m.worker = event->excluded.worker;
        m.program = event->excluded.program;
        m.reason = event->excluded.reason;
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

static struct event_view members_of(const struct effect *e)
{
    if (e->type == EFFECT_EVENT)
        return members_of_event(&e->event);
    return (struct event_view){.worker = "",
                               .reason = "",
                               .program = "",
                               .name = "",
                               .job = e->revoke.job,
                               .trials = e->revoke.trials};
}

bool event_view_has(const struct effect *e)
{
    int number = event_number(e);
    return number >= 0 && event_names[number].topic;
}

struct event_view event_view_of(const struct effect *e)
{
    assert(event_view_has(e));
    struct event_view v = members_of(e);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    v.what = event_names[event_number(e)].name;
    v.time_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    return v;
}
