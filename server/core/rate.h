// SPDX-License-Identifier: MIT
/*
 * How fast each thread is.  What is seen of it here decides whatever others pay for:
 * deadlines, predictions, its share of the end of a job.  What its worker says of
 * itself can only make its own grants smaller.
 */
#ifndef SERVER_CORE_RATE_H
#define SERVER_CORE_RATE_H

#include "server/core/state.h"

/* The thread gets work into an empty hand: the time without work does not count. */
void rate_begin(const struct coord *c, struct thread *t);

/* The pace of the thread at a program that is not pi, added if necessary; or, by the
 * second, NULL where nothing is known. */
struct pace *rate_other_pace(struct thread *t, struct program *of);
const struct pace *rate_other_known(const struct thread *t, const struct program *of);

/* The same of any. */
static inline struct pace *rate_pace(struct thread *t, struct program *of)
{
    return program_is_pi(of) ? &t->pi : rate_other_pace(t, of);
}

static inline const struct pace *rate_known(const struct thread *t,
                                            const struct program *of)
{
    return program_is_pi(of) ? &t->pi : rate_other_known(t, of);
}

/* The thread has reported so many trials, for the first time.  said: its rate by the
 * word of its worker, in trials/s; 0: nothing. */
void rate_report(struct coord *c, struct thread *t, struct program *of, uint64_t said,
                 uint64_t trials);

/* Forgets what is known of the thread, whose worker leaves the fleet. */
void rate_forget(struct coord *c, struct thread *t);

/* Frees what it has for programs. */
void rate_free(struct thread *t);

/* The rate by which its grants are sized, in trials/s: what is said, but no more than
 * half above what was seen, which has the network's delays in it; 0: unknown. */
uint64_t rate_believed(const struct pace *p);

/* The rate by which its time is predicted, in trials/s: what was seen, else what the
 * self-test of a program says; 0: unknown. */
static inline uint64_t rate_expected(const struct pace *p)
{
    return p->seen ? p->seen : p->expected;
}

/* The same of a thread that may be new to the program. */
uint64_t rate_of(const struct thread *t, const struct program *of);

/* Predicted milliseconds for so many trials at a rate in trials/s (0: unknown), rounded
 * up. */
int64_t rate_predict_ms(uint64_t rate, uint64_t trials);

/* trials * times / by, but at most TRIALS_MAX. */
uint64_t rate_scale(uint64_t trials, uint64_t times, uint64_t by);

#endif
