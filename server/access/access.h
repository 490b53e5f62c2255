// SPDX-License-Identifier: MIT
/*
 * Who may come in, and how they learn to: the coordinator's identity, the join strings
 * for the addresses at which it is reached, and where they are left for others to find:
 * the rendezvous of this user, the contact file, the workers that are spawned.
 *
 * Says itself what goes wrong.  One thread; the files it writes are small.
 */
#ifndef SERVER_ACCESS_ACCESS_H
#define SERVER_ACCESS_ACCESS_H

#include <stdio.h>

#include <uv.h>

#include "common/base/error.h"
#include "common/join/join.h"
#include "common/net/conn.h"
#include "server/access/advertise.h"
#include "server/core/coord.h"
#include "server/options.h"

struct access;

/* Opens the state directory, or makes an identity in memory.  0; or the exit status,
 * and it has been said.  The options are borrowed. */
MUST_USE int access_new(const struct options *options, struct access **ret);

/* `picoord --check`: checks the state directory, which has to be there, and keeps
 * others out meanwhile.  The exit status; all has been said. */
MUST_USE int access_check(const struct options *options);

/* Takes back what was left for others.  Accepts NULL. */
void access_free(struct access *a);

/* What a net needs of it; borrowed. */
SSL_CTX *access_tls(const struct access *a);
const uint8_t *access_state_key(const struct access *a); /* IDENTITY_STATE_KEY_BYTES */
enum auth access_authorize(const struct access *a, enum role role, const uint8_t *proof,
                           size_t bytes);

/* Leaves the join strings where they are looked for, once there is somebody to join:
 * n addresses that are listened on.  0, or the exit status. */
MUST_USE int access_announce(struct access *a, const char (*listening)[ADDRESS_BYTES],
                             size_t n);

/* After access_announce(): where peers reach it, best first, and what to give them. */
size_t access_advertised(const struct access *a, const struct advertised **ret);
void access_join(const struct access *a, enum role role, const struct advertised *at,
                 char ret[JOIN_TEXT_BYTES]);

/* The lines to paste elsewhere, best first; where nobody elsewhere can come, here. */
void access_print_joins(const struct access *a, FILE *out);

/* For workers on this machine. */
void access_local_join(const struct access *a, char ret[JOIN_TEXT_BYTES]);

/* A new token for that role is durable, and told where join strings are looked for.  0,
 * or a negative errno: nothing has changed. */
MUST_USE int access_rotate(struct access *a, enum role role, struct error *ret_why);

/* All join strings as they are now: secrets, to be cleansed after use.  The view is of
 * the other members. */
struct access_joins {
    struct joins_view view;
    const char *at[2 * ADVERTISED_MAX];
    char workers[ADVERTISED_MAX][JOIN_TEXT_BYTES],
        operators[ADVERTISED_MAX][JOIN_TEXT_BYTES];
};
void access_joins(const struct access *a, struct access_joins *ret);

/* SIGKILL's younger sister: removes files and nothing else, on the way to _exit(). */
void access_leave_now(struct access *a);

/* The state directory, by its path without links; NULL: --ephemeral. */
const char *access_directory(const struct access *a);

#endif
