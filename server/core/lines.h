// SPDX-License-Identifier: MIT
/*
 * Recomputations in lines, one a worker and program, oldest first, and whose turn it
 * is: programs take turns by the time that they take, so that quick trials do not wait
 * for as many slow ones, and workers of one program a slice a turn, so that a long
 * recomputation of one delays another by a slice or two.
 *
 * A worker that owes more than DEBT_US gets no work until it owes less; nobody else
 * waits for it.
 */
#ifndef SERVER_CORE_LINES_H
#define SERVER_CORE_LINES_H

#include "server/core/state.h"

enum { SLICE_US = 50000 /* of CPU time: the longest slice, but for one trial */ };

void lines_init(struct coord *c);

/* Queues the recomputation, whose kind, job, worker and range the caller has set.  Its
 * memory must not move until lines_remove(). */
void lines_add(struct coord *c, struct recomputation *r, enum line_kind line);

/* Removes it, whatever of it is done.  Hits of its slices that are out are ignored. */
void lines_remove(struct coord *c, struct recomputation *r);

/* So many trials of it are recomputed. */
void lines_pay(struct coord *c, const struct recomputation *r, uint64_t trials);

/* The oldest recomputation of the worker in that line; `next` leads on; or NULL. */
struct recomputation *lines_first(const struct standing *s, enum line_kind line);

/* ---- turns ---- */

/* The line whose turn it is after that one, or the first; NULL: there is none. */
struct line *lines_after(const struct coord *c, enum desk d, enum line_kind kind,
                         struct line *l);

/* The recomputation that the line's next slice is of, and the slice's range. */
const struct recomputation *lines_next(const struct coord *c, const struct line *l,
                                       struct range *ret);

/* The next slice of the line, which takes its turn by it, as its program does.  The
 * pointer is valid until the next call. */
struct slice *lines_take(struct coord *c, struct line *l, enum line_kind kind);

/* The slice will not come back: it waits again. */
void lines_lose(struct coord *c, struct slice *s);

/* The program has taken so much more of the desk's time than was thought. */
void lines_charge(struct coord *c, struct program *of, enum line_kind kind, int64_t us);

/* ---- for tests ---- */

/* Assert what must be true.  The first returns the trials that are owed in the line. */
unsigned __int128 lines_check(const struct standing *s, enum line_kind kind);
void lines_check_turns(const struct coord *c);

#endif
