// SPDX-License-Identifier: MIT
/*
 * Who may come in, and how they learn to: the coordinator's identity, the join strings
 * for the addresses at which it is reached, and where they are left for others to find:
 * the rendezvous of this user, the contact file, the workers that are spawned.  Rotates
 * tokens when the core asks for it.
 *
 * Says itself what goes wrong.  One thread; the files it writes are small.
 */
#ifndef SERVER_ACCESS_ACCESS_H
#define SERVER_ACCESS_ACCESS_H

#include <stdio.h>

#include <uv.h>

#include "common/join/join.h"
#include "common/net/conn.h"
#include "server/access/advertise.h"
#include "server/core/coord.h"
#include "server/options.h"

struct access;

/* Opens the state directory, or makes an identity in memory.  0; or the exit status,
 * and it has been said.  The options are borrowed. */
MUST_USE int access_new(const struct server_options *options, struct access **ret);

/* `picoord --check`: checks the state directory, which has to be there, and keeps
 * others out meanwhile.  The exit status; all has been said. */
MUST_USE int access_check(const struct server_options *options);

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

/*
 * The answer to an EFFECT_TOKEN; not from within an effect.  Rotates if that is asked
 * for, and calls answer() at once, which makes the step.
 */
void access_token(struct access *a, const struct effect *e,
                  void (*answer)(void *ctx, struct input *input), void *ctx);

/* SIGKILL's younger sister: removes files and nothing else, on the way to _exit(). */
void access_leave_now(struct access *a);

/* The state directory, by its path without links; NULL: --ephemeral. */
const char *access_directory(const struct access *a);

#endif
