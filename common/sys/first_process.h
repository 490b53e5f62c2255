// SPDX-License-Identifier: MIT
/*
 * The first process of a container, or of any process namespace: the kernel gives it
 * the orphans, which stay zombies until it waits for them, and it ignores signals that
 * have no handler.  Elsewhere all of this does nothing.  Owns nothing.
 */
#ifndef COMMON_SYS_FIRST_PROCESS_H
#define COMMON_SYS_FIRST_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether this process is one. */
bool first_process_is(void);

/* Call it in main(), before handlers of signals are set: SIGTERM, SIGINT and SIGHUP end
 * it, with 128 + their number, unless they were ignored. */
void first_process_begin(void);

/* Call it some time after SIGCHLD: waits for all orphans that have ended.  Children of
 * its own, whom somebody else waits for, are left alone: own(ctx, pid); NULL: there are
 * none.  If one of those has ended, the rest is left to the next call: its own SIGCHLD
 * is still to come. */
void first_process_reap(bool own(void *ctx, pid_t pid), void *ctx);

#endif
