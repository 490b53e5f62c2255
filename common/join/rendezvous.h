// SPDX-License-Identifier: MIT
/*
 * Where programs of one user on one machine meet: each picoord keeps a folder named by
 * its process id, with the join strings for workers (worker.join) and operators
 * (operator.join), as long as it runs.
 *
 *     $XDG_RUNTIME_DIR/picoord/PID/       if that variable names a folder of ours
 *     /tmp/picoord-UID/PID/               else
 *
 * All of it is of mode 0700 and 0600 and checked for that (common/sys/secure_file.h).
 * A lock on the file `lock` says that the process lives; what a killed one has left
 * behind is skipped by who looks and removed by who starts.  Blocks for small files
 * only.
 */
#ifndef COMMON_JOIN_RENDEZVOUS_H
#define COMMON_JOIN_RENDEZVOUS_H

#include "common/base/error.h"
#include "common/join/join.h"
#include "common/wire/msg.h"

enum { RENDEZVOUS_MAX = 32 }; /* that a look finds: enough for a list to choose from */

struct rendezvous;

/* Both are join strings, borrowed for the call.  0 and *ret for rendezvous_withdraw();
 * or a negative errno and *why: the coordinator can do without. */
MUST_USE int rendezvous_announce(const char *worker_join, const char *operator_join,
                                 struct rendezvous **ret, struct error *why);

/* Others from now on: a token has been rotated. */
MUST_USE int rendezvous_renew(const struct rendezvous *r, const char *worker_join,
                              const char *operator_join, struct error *why);

/* Removes all of it.  Accepts NULL. */
void rendezvous_withdraw(struct rendezvous *r);

struct rendezvous_entry {
    int pid;
    struct join join;
};

/*
 * Those that live, by ascending process id, with the join string for that role.  0 and
 * *ret_n, 0 to RENDEZVOUS_MAX; or a negative errno and *why: the place is not ours
 * alone, so nothing in it is to be trusted.
 */
MUST_USE int rendezvous_find(enum role role,
                             struct rendezvous_entry ret[RENDEZVOUS_MAX], size_t *ret_n,
                             struct error *why);

#endif
