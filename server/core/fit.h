// SPDX-License-Identifier: MIT
/*
 * Which grant fits which thread: how large it is, and whether the thread should have it
 * rather than another.
 */
#ifndef SERVER_CORE_FIT_H
#define SERVER_CORE_FIT_H

#include "server/core/state.h"

void fit_init(struct coord *c);

/* What the thread, of that pace, gets of the job. */
struct wanted fit_grant(const struct coord *c, const struct thread *t,
                        const struct pace *p, const struct job *j);

/* A thread that is busy for long gets nothing behind that: others can begin it, and the
 * end of its job would have to wait. */
bool fit_is_busy(const struct coord *c, const struct thread *t);

/* Whether a trial that the thread begins now comes before the job's time is over. */
bool fit_in_time(const struct coord *c, const struct thread *t, const struct job *j);

/* At the end of a job whose trials take long, a thread that has work is not given what
 * others could begin at once. */
bool fit_leaves_to_others(const struct thread *t, const struct job *j);

#endif
