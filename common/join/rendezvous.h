// SPDX-License-Identifier: MIT
/*
 * Discovery among the programs of one user on one machine.  While it runs, each picoord
 * has a directory named by its process id, with the join strings for workers
 * (worker.join) and operators (operator.join), and one that proves that a worker is of
 * this user (local-worker.join): who can read it can read picoord's state.
 *
 *     $XDG_RUNTIME_DIR/picoord/PID/       if that directory belongs to this user
 *     /tmp/picoord-UID/PID/               otherwise
 *
 * Directories have mode 0700 and files 0600, which is checked
 * (common/sys/secure_file.h). A lock on the file `lock` shows that the process is
 * alive.  Peers skip the directory of a killed picoord; the next picoord that starts
 * removes it.  Blocks for small files only.
 */
#ifndef COMMON_JOIN_RENDEZVOUS_H
#define COMMON_JOIN_RENDEZVOUS_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/join/join.h"
#include "common/wire/msg.h"

enum { RENDEZVOUS_MAX = 32 }; /* entries that rendezvous_find() returns at most */

struct rendezvous;

struct rendezvous_joins {
    const char *worker, *operator, * local_worker;
};

/* Publishes the join strings, borrowed for the call.  0, and *ret is released by
 * rendezvous_withdraw(); or a negative errno and *why, which is not fatal. */
MUST_USE int rendezvous_announce(const struct rendezvous_joins *joins,
                                 struct rendezvous **ret, struct error *why);

/* Replaces the join strings, after a token has been rotated. */
MUST_USE int rendezvous_renew(const struct rendezvous *r,
                              const struct rendezvous_joins *joins, struct error *why);

/* False: its files have gone, or peers look elsewhere now, since XDG_RUNTIME_DIR was
 * made or removed: withdraw it and announce anew. */
bool rendezvous_is_found(const struct rendezvous *r);

/* Removes the directory and frees r.  Accepts NULL. */
void rendezvous_withdraw(struct rendezvous *r);

struct rendezvous_entry {
    int pid;
    struct join join;
};

/*
 * The running coordinators, by ascending process id, with the join string for `role`;
 * of a worker that of this user's workers, where there is one. 0 and *ret_n, 0 to
 * RENDEZVOUS_MAX; or a negative errno and *why: other users have access to the
 * directory, so none of its contents can be trusted.
 */
MUST_USE int rendezvous_find(enum role role,
                             struct rendezvous_entry ret[RENDEZVOUS_MAX], size_t *ret_n,
                             struct error *why);

#endif
