// SPDX-License-Identifier: MIT
/*
 * Self-tests of programs beside the event loop, of those that have failed and may be
 * right again.
 */
#ifndef WORKER_RETEST_H
#define WORKER_RETEST_H

#include <stdbool.h>

#include <uv.h>

#include "common/base/base.h"

struct program_offer;
struct program_failure;
struct self_test;

/* why: NULL if the program has passed, with what was found; both are borrowed. */
typedef void retest_done(void *ctx, uint32_t program, const struct self_test *test,
                         const struct program_failure *why);

struct retests {
    uv_loop_t *loop;
    retest_done *on_done;
    void *ctx;
    int cancel_fd;
    size_t running;
    bool closed;
};

/* The owner's memory, until the loop has ended.  0 or a negative errno. */
MUST_USE int retests_open(struct retests *r, uv_loop_t *loop, retest_done *on_done,
                          void *ctx);

/* Tests an offer, which is borrowed until then; on_done follows, with its number. */
void retests_begin(struct retests *r, uint32_t program,
                   const struct program_offer *offer);

/* Ends what runs, within half a second; nothing is reported any more. */
void retests_close(struct retests *r);

#endif
