// SPDX-License-Identifier: MIT
/*
 * The last events of a process: what is kept of them, who follows, and until when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/base/base.h"
#include "server/view/event_feed.h"

/* ---- connections ---- */

static struct {
    conn_id conn;
    struct msg_reply reply;
    char first[32], last[32]; /* of the events: workers */
    char name[32];            /* of the last: the job's */
    uint64_t time_ms;
} sent[2 * EVENT_FOLLOWERS];
static size_t n_sent;
static conn_id closed; /* that connection */

static bool record(void *ctx, conn_id conn, const struct msg_reply *r)
{
    (void)ctx;
    if (conn == closed)
        return false;
    assert_true(n_sent < ARRAY_SIZE(sent));
    sent[n_sent].conn = conn;
    sent[n_sent].reply = *r;
    if (r->body == REPLY_EVENTS && r->events.n > 0) {
        const struct event_view *last = &r->events.events[r->events.n - 1];
        snprintf(sent[n_sent].first, 32, "%s", r->events.events[0].worker);
        snprintf(sent[n_sent].last, 32, "%s", last->worker);
        snprintf(sent[n_sent].name, 32, "%s", last->name);
        sent[n_sent].time_ms = last->time_ms;
    }
    n_sent++;
    return true;
}

static void happen(struct event_feed *f, const char *worker)
{
    char name[32], reason[32] = "connection closed";
    snprintf(name, sizeof(name), "%s", worker);
    const struct effect e = {
        .type = EFFECT_EVENT,
        .event = {.type = EVENT_WORKER_LOST, .departure = {name, reason, 7, 2}}};
    event_feed_effect(f, &e);
    memset(name, 'x', sizeof(name) - 1); /* it borrows nothing */
    memset(reason, 'x', sizeof(reason) - 1);
}

static void ask(struct event_feed *f, conn_id conn, bool follow)
{
    const struct effect e = {
        .type = EFFECT_EVENTS, .conn = conn, .events = {(uint32_t)conn + 100, follow}};
    event_feed_effect(f, &e);
}

static struct event_feed *begin(void)
{
    n_sent = 0;
    closed = 0;
    return event_feed_new(record, NULL);
}

/* ---- tests ---- */

static void who_asks_gets_the_last_ones_in_order(void **state)
{
    (void)state;
    struct event_feed *f = begin();
    char name[32];
    ask(f, 5, false);
    assert_int_equal(sent[0].reply.events.n, 0);
    assert_true(sent[0].reply.last && sent[0].reply.id == 105 && sent[0].conn == 5);
    for (int i = 0; i < EVENTS_KEPT + 30; i++) {
        snprintf(name, sizeof(name), "lab-%d", i);
        happen(f, name);
    }
    ask(f, 6, false);
    assert_int_equal(n_sent, 2); /* nobody follows */
    assert_int_equal(sent[1].reply.events.n, EVENTS_KEPT);
    assert_string_equal(sent[1].first, "lab-30");
    assert_string_equal(sent[1].last, "lab-129");
    assert_true(sent[1].time_ms > UINT64_C(1700000000000));
    event_feed_free(f);
}

static void who_follows_gets_each_until_the_connection_is_closed(void **state)
{
    (void)state;
    struct event_feed *f = begin();
    happen(f, "before");
    ask(f, 5, true);
    ask(f, 6, true);
    assert_false(sent[0].reply.last);
    assert_string_equal(sent[0].last, "before");
    happen(f, "ada");
    assert_int_equal(n_sent, 4);
    assert_string_equal(sent[2].last, "ada");
    assert_true(sent[3].conn == 6 && sent[3].reply.id == 106 && !sent[3].reply.last);
    closed = 5;
    happen(f, "bob");
    closed = 0; /* it is forgotten, though another may have the number */
    happen(f, "eve");
    assert_int_equal(n_sent, 6);
    assert_true(sent[4].conn == 6 && sent[5].conn == 6);
    event_feed_free(f);
}

static void there_is_an_end_of_followers(void **state)
{
    (void)state;
    struct event_feed *f = begin();
    for (conn_id c = 1; c <= EVENT_FOLLOWERS; c++)
        ask(f, c, true);
    ask(f, 99, true);
    assert_int_equal(n_sent, EVENT_FOLLOWERS + 1);
    assert_int_equal(sent[EVENT_FOLLOWERS].reply.body, REPLY_ERROR);
    assert_true(sent[EVENT_FOLLOWERS].reply.last);
    ask(f, 99, false);
    assert_int_equal(sent[EVENT_FOLLOWERS + 1].reply.body, REPLY_EVENTS);
    event_feed_free(f);
}

static void a_kept_event_borrows_no_name(void **state)
{
    (void)state;
    struct event_feed *f = begin();
    char name[8] = "night";
    const struct effect e = {.type = EFFECT_EVENT,
                             .event = {.type = EVENT_JOB_DONE, .job = {name, 7, 9}}};
    event_feed_effect(f, &e);
    strcpy(name, "day");
    ask(f, 5, false);
    assert_string_equal(sent[0].name, "night");
    event_feed_free(f);
}

static void what_is_not_shown_is_not_kept(void **state)
{
    (void)state;
    struct event_feed *f = begin();
    const struct effect refused = {
        .type = EFFECT_EVENT,
        .event = {.type = EVENT_PEER_REFUSED, .refused = {"10.0.0.7:1", "no", 0}}};
    const struct effect other = {.type = EFFECT_CLOSE};
    event_feed_effect(f, &refused);
    event_feed_effect(f, &other);
    ask(f, 5, false);
    assert_int_equal(sent[0].reply.events.n, 0);
    event_feed_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_asks_gets_the_last_ones_in_order),
        cmocka_unit_test(who_follows_gets_each_until_the_connection_is_closed),
        cmocka_unit_test(there_is_an_end_of_followers),
        cmocka_unit_test(a_kept_event_borrows_no_name),
        cmocka_unit_test(what_is_not_shown_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
