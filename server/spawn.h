// SPDX-License-Identifier: MIT
/*
 * The workers that picoord starts itself: N processes `piworker --threads 1 --once`,
 * looked for beside the own executable, else in PATH.  One that ends before it was told
 * to is started again a second later.  None is left behind: they leave when their
 * connection ends, are told to at spawn_stop(), and die at spawn_kill().
 *
 * They have a token of their own, so that they are known to be ours: they are trusted,
 * and a rotation does not concern them.
 */
#ifndef SERVER_SPAWN_H
#define SERVER_SPAWN_H

#include <stdbool.h>

#include <uv.h>

#include "common/base/base.h"

struct spawn;

/* Starts n workers, which are given the join string of any worker, but with their own
 * token, in their environment.  0, or the negative errno of the first that could not be
 * started; spawn_stop() then still is the caller's to call.  on_gone: after
 * spawn_stop(), when the last has ended; never from within it. */
MUST_USE int spawn_new(uv_loop_t *loop, int n, const char *join,
                       void (*on_gone)(void *ctx), void *ctx, struct spawn **ret);

/* Whether it is their token.  Nobody's if s is NULL. */
bool spawn_authorize(const struct spawn *s, const uint8_t *proof, size_t bytes);

/* SIGTERM to all, no restarts; frees itself after on_gone. */
void spawn_stop(struct spawn *s);

/* SIGKILL to all that are left.  Accepts NULL. */
void spawn_kill(struct spawn *s);

#endif
