// SPDX-License-Identifier: MIT
/*
 * Each type of event, whole: as it is sent to those who follow, and as it is logged in
 * either form.  Each has values of its own in all members.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/base.h"
#include "common/sys/log.h"
#include "server/view/event_json.h"
#include "server/view/event_log.h"
#include "server/view/event_name.h"
#include "tests/lib/caught.h"
#include "tests/lib/clock.h"
#include "tests/lib/golden.h"

static struct event event_of(enum event_type type)
{
    uint32_t n = 100 * (uint32_t)type;
    struct event e = {.type = type};
    switch (type) {
    case EVENT_WORKER_JOINED:
    case EVENT_WORKER_RESUMED:
        e.arrival.worker = "lab-03";
        e.arrival.address = "10.0.0.7:51544";
        e.arrival.threads = n + 1;
        e.arrival.ranges = n + 2;
        break;
    case EVENT_WORKER_LEFT:
    case EVENT_WORKER_LOST:
    case EVENT_WORKER_BANNED:
    case EVENT_WORKER_KICKED:
        e.departure.worker = "lab-04";
        e.departure.reason = "it has said \"no\"";
        e.departure.trials = n + 3;
        e.departure.ranges = n + 4;
        break;
    case EVENT_WORKER_EXCLUDED:
        e.excluded.worker = "lab-04";
        e.excluded.program = "buffon";
        e.excluded.reason = "it has said \"no\"";
        break;
    case EVENT_WORKER_PARDONED:
    case EVENT_WORKER_TRUSTED:
    case EVENT_WORKER_UNTRUSTED:
        e.named.worker = "lab-05";
        e.named.id = 0xc0ffee00 + n;
        break;
    case EVENT_PEER_REFUSED:
        e.refused.address = "10.0.0.8:51545";
        e.refused.reason = "wrong token";
        break;
    case EVENT_LEASE_EXPIRED:
        e.expired.worker = "lab-06";
        e.expired.trials = n + 5;
        e.expired.ranges = n + 6;
        e.expired.thread = n + 7;
        break;
    case EVENT_LEASED_AGAIN:
    case EVENT_SPECULATED:
        e.lease.worker = "lab-07";
        e.lease.job = n + 8;
        e.lease.first = n + 9;
        e.lease.trials = n + 10;
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
        e.job.name = type == EVENT_JOB_DONE ? "" : "night run";
        e.job.number = n + 11;
        e.job.done = n + 12;
        break;
    case EVENT_DOUBT:
        e.doubt.name = "night";
        e.doubt.number = n + 13;
        e.doubt.trials = n + 14;
        break;
    case EVENT_STORE_FULL:
        e.store.reason = "the disk is full";
        break;
    case EVENT_STORE_RECOVERED:
        break;
    case EVENT_TOKEN_ROTATED:
        e.rotation.role = ROLE_OPERATOR;
        e.rotation.connections = n + 15;
        break;
    case EVENT_CLOCK_LATE:
        e.late_ms = n + 16;
        break;
    }
    return e;
}

/* The last one is a revocation. */
static struct effect effect_of(int number)
{
    if (number == EVENT_TYPES - 1)
        return (struct effect){
            .type = EFFECT_REVOKE,
            .revoke = {.job = 31, .author = 32, .trials = 33, .hits = 34}};
    return (struct effect){.type = EFFECT_EVENT,
                           .event = event_of((enum event_type)number)};
}

static void who_follows_is_told_all_of_it(void **state)
{
    (void)state;
    clock_stop(INT64_C(1800000000123));
    FILE *out = golden_begin();
    for (int i = 0; i < EVENT_TYPES; i++) {
        struct effect e = effect_of(i);
        if (event_json_has(&e))
            event_json_write(out, &e);
        else
            fprintf(out, "(not %s)\n", event_names[i].name);
    }
    golden_end("event-stream.txt");
}

static void check_log(enum log_format format, const char *file)
{
    log_set(LOG_LEVEL_DEBUG, format);
    clock_stop(INT64_C(1800000000456));
    caught_begin(STDERR_FILENO);
    for (int i = 0; i < EVENT_TYPES; i++) {
        struct event_log log = {.losses = 0};
        struct effect e = effect_of(i);
        event_log_write(&log, 1000, &e);
        if (e.type == EFFECT_REVOKE)
            e.revoke.author = 0;
        if (e.type == EFFECT_EVENT && e.event.type == EVENT_WORKER_LOST)
            e.event.departure.ranges = 0;
        else if (e.type == EFFECT_EVENT)
            continue;
        log = (struct event_log){.losses = 0};
        event_log_write(&log, 1000, &e); /* it held nothing; of nobody */
    }
    golden(file, caught_end(STDERR_FILENO));
    clock_stop(-1);
}

static void the_log_is_told_all_of_it(void **state)
{
    (void)state;
    unsetenv("JOURNAL_STREAM");
    check_log(LOG_FORMAT_TEXT, "event-log.txt");
    check_log(LOG_FORMAT_JSON, "event-log.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_follows_is_told_all_of_it),
        cmocka_unit_test(the_log_is_told_all_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
