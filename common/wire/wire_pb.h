// SPDX-License-Identifier: MIT
/*
 * Private to the files wire_*.c and json*.c of this folder: conversions between plain
 * structs and generated messages, and checks that both use.  Pure.
 *
 * pb_* functions build a generated message from a plain one; it borrows what it can and
 * allocates the rest from the arena.  view_* and take_* functions convert back and
 * check; they return 0, or -EBADMSG with a sentence in check.why.
 */
#ifndef COMMON_WIRE_WIRE_PB_H
#define COMMON_WIRE_WIRE_PB_H

#include <errno.h>

#include "common/base/arena.h"
#include "common/wire/msg.h"
#include "proto/picoord.pb-c.h"

enum { ADDRESS_TEXT_BYTES = 64 }; /* a peer's address in a worker's view */

/* Longest time in ms that a view or a stop rule may state: exact in a double. */
#define MS_MAX (INT64_C(1) << 53)

struct pb_check {
    struct arena *arena; /* memory for decoded data and the sentence */
    const char *why;     /* also NULL if the arena had no memory for it */
};

#define BAD(c, ...) ((c)->why = arena_printf((c)->arena, __VA_ARGS__), -EBADMSG)

/*
 * protobuf-c drops the length of a string, which would hide what follows a NUL in it.
 * So its strings come from pb_alloc(), which stores the size of each block before it,
 * and check_text() compares.
 */
void *pb_alloc(void *arena, size_t bytes);

/* The body case of each type of message; the only table of these pairs. */
extern const Pb__Frame__BodyCase pb_body_case[MSG_REPLY + 1];

/* ---- checks of single values; `what` names the message, `field` the value ---- */

MUST_USE int check_text(struct pb_check *c, const char *what, const char *field,
                        const char *text, size_t max);
MUST_USE int check_name(struct pb_check *c, const char *what, const char *name,
                        bool empty);
MUST_USE int check_lines(struct pb_check *c, const char *what, const char *field,
                         const char *text, size_t max);
MUST_USE int check_program_name(struct pb_check *c, const char *what, const char *name);
/* The empty program is pi, which has neither arguments nor scores. */
MUST_USE int check_program(struct pb_check *c, const char *what, const char *program,
                           const char *arg, bool score);
/* Sets *ret to the scale, or, where it is 0, to the usual one. */
MUST_USE int check_scale(struct pb_check *c, const char *what, const char *program,
                         double scale, double *ret);
MUST_USE int check_range(struct pb_check *c, const char *what, const char *field,
                         uint64_t value, uint64_t min, uint64_t max);
MUST_USE int check_job_ref(struct pb_check *c, const char *what, const char *text,
                           bool empty, uint64_t *ret_number);

/* Exactly 2 * n hexadecimal digits. */
MUST_USE int check_hex(struct pb_check *c, const char *what, const char *field,
                       const char *text, uint8_t *ret, size_t n);
MUST_USE int check_hex64(struct pb_check *c, const char *what, const char *field,
                         const char *text, uint64_t *ret);
/* The self-test of a program; "" is not known. */
MUST_USE int check_test(struct pb_check *c, const char *what, const char *text,
                        bool *ret_known, uint64_t *ret);
/* Scores are in 1/65,536 of a trial. */
MUST_USE int check_hits(struct pb_check *c, const char *what, uint64_t trials,
                        uint64_t hits, bool score);
MUST_USE int check_ms(struct pb_check *c, const char *what, const char *field,
                      uint64_t ms);
MUST_USE int check_rate(struct pb_check *c, const char *what, double rate);
/* Each of the four values is finite or NaN. */
MUST_USE int check_estimate(struct pb_check *c, const char *what, double pi,
                            double error, double low, double high);

/* The interval that holds at all moments: NaN where it was not sent. */
MUST_USE int check_anytime(struct pb_check *c, const char *what, double low,
                           double high, double *ret_low, double *ret_high);

/* ---- views ---- */

/* Memory to build a message; fails only if the budget is too small for it. */
void *pb_take(struct arena *a, size_t n, size_t size);

/* A text as sent: NULL becomes empty, characters other than printable ASCII become '?',
 * and text longer than max is truncated. */
char *pb_text(struct arena *a, const char *text, size_t max);

/* The same for lines: '\n' stays, and of a longer text the last bytes do. */
char *pb_lines(struct arena *a, const char *text, size_t max);

void pb_job(struct arena *a, const struct job_view *v, Pb__Job *ret);
void pb_jobs(struct arena *a, const struct job_view *v, size_t n, Pb__Jobs *ret);
void pb_done(struct arena *a, const struct msg_reply *m, Pb__Done *ret);
void pb_workers(struct arena *a, const struct worker_view *v, size_t n,
                Pb__Workers *ret);
void pb_status(struct arena *a, const struct status_view *v, Pb__Status *ret);
void pb_ledger(struct arena *a, const struct ledger_view *v, Pb__Ledger *ret);
void pb_history(struct arena *a, const struct answer_view *v, size_t n,
                Pb__History *ret);
void pb_event(struct arena *a, const struct event_view *v, Pb__Event *ret);
void pb_events(struct arena *a, const struct event_view *v, size_t n, Pb__Events *ret);

MUST_USE int view_job(struct pb_check *c, const Pb__Job *p, struct job_view *ret);
MUST_USE int view_jobs(struct pb_check *c, const Pb__Jobs *p, struct msg_reply *ret);
MUST_USE int view_done(struct pb_check *c, const Pb__Done *p, struct msg_reply *ret);
MUST_USE int view_workers(struct pb_check *c, const Pb__Workers *p,
                          struct msg_reply *ret);
MUST_USE int view_status(struct pb_check *c, const Pb__Status *p,
                         struct status_view *ret);
MUST_USE int view_ledger(struct pb_check *c, const Pb__Ledger *p,
                         struct ledger_view *ret);
MUST_USE int view_history(struct pb_check *c, const Pb__History *p,
                          struct msg_reply *ret);
int view_events(struct pb_check *c, const Pb__Events *p, struct msg_reply *ret);

/* ---- requests and replies ---- */

Pb__Nothing *pb_nothing(struct arena *a);

void pb_request(struct arena *a, const struct msg_request *m, Pb__Request *ret);
void pb_reply(struct arena *a, const struct msg_reply *m, Pb__Reply *ret);
MUST_USE int take_request(struct pb_check *c, const Pb__Request *p,
                          struct msg_request *ret);
MUST_USE int take_reply(struct pb_check *c, const Pb__Reply *p, struct msg_reply *ret);

#endif
