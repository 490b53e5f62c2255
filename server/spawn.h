// SPDX-License-Identifier: MIT
/*
 * Workers that picoord starts itself: N processes `piworker --threads 1 --once`, found
 * beside this executable or else in PATH.  One that exits unexpectedly is restarted a
 * second later.  None outlives picoord: they exit when their connection ends, get
 * SIGTERM in spawn_stop() and SIGKILL in spawn_kill().
 *
 * They have a token of their own, so that they are trusted, and a rotation does not
 * affect them.
 */
#ifndef SERVER_SPAWN_H
#define SERVER_SPAWN_H

#include <stdbool.h>

#include <uv.h>

#include "common/base/base.h"
#include "common/cli/opt.h"

struct spawn;

/* Starts n workers with a join string in their environment, `join` with a token of
 * their own, and with these programs (NAME=COMMAND; borrowed until on_gone).  0, or the
 * first negative errno; the caller must call spawn_stop() even then.  on_gone: after
 * spawn_stop(), once all have exited; never from within it. */
MUST_USE int spawn_new(uv_loop_t *loop, int n, const char *join,
                       const struct opt_list *offers, void (*on_gone)(void *ctx),
                       void *ctx, struct spawn **ret);

/* A copy of this environment without picoord's settings (PI_KERNEL is the workers'),
 * and with `setting`, unless it is NULL.  The caller frees the array; the strings are
 * borrowed. */
char **spawn_environment(char *setting);

/* Whether the proof is the token of spawned workers; false if s is NULL. */
bool spawn_authorize(const struct spawn *s, const uint8_t *proof, size_t bytes);

/* Whether that is the process of one of them.  Accepts NULL. */
bool spawn_owns(const struct spawn *s, pid_t pid);

/* SIGTERM to all, no restarts; frees itself after on_gone. */
void spawn_stop(struct spawn *s);

/* SIGKILL to all that still run.  Accepts NULL. */
void spawn_kill(struct spawn *s);

#endif
