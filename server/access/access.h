// SPDX-License-Identifier: MIT
/*
 * How peers get in: the coordinator's identity, the addresses under which it is
 * reached, and the join strings for them.  Announces join strings in the rendezvous
 * directory of the user and in the contact file, and gives one to spawned workers.
 * Rotates tokens.
 *
 * Single-threaded; the files it writes are small.
 */
#ifndef SERVER_ACCESS_ACCESS_H
#define SERVER_ACCESS_ACCESS_H

#include <stdio.h>

#include <uv.h>

#include "common/base/error.h"
#include "common/join/join.h"
#include "common/net/address.h"
#include "common/net/tls.h"
#include "server/access/advertise.h"
#include "server/core/coord.h"

struct access;

/* Strings are borrowed for the life of the access object. */
struct access_config {
    const char *state;        /* the directory; NULL: the default of the user */
    bool ephemeral;           /* identity in memory, no directory */
    const char *contact_file; /* or NULL */
    const char *advertise;    /* HOST[:PORT] for other machines; NULL: by listening */
    const char *const *names; /* others by which it goes, for its certificate */
    size_t n_names;
};

/* Opens the state directory, or creates an identity in memory.  0; or a negative errno,
 * and *ret_why. */
MUST_USE int access_new(const struct access_config *config, struct access **ret,
                        struct error *ret_why);

/* Only locks the state directory, which must exist, and reads nothing: keeps other
 * processes out during a check. */
MUST_USE int access_lock(const struct access_config *config, struct access **ret,
                         struct error *ret_why);

/* Removes what it has announced.  Accepts NULL. */
void access_free(struct access *a);

/* For struct net; borrowed. */
SSL_CTX *access_tls(const struct access *a);
const uint8_t *access_state_key(const struct access *a); /* IDENTITY_STATE_KEY_BYTES */
enum auth access_authorize(const struct access *a, enum role role, const uint8_t *proof,
                           size_t bytes);

/* Announces the join strings of the n addresses on which picoord listens, and sees to
 * it that the certificate is for them.  0; or a negative errno, and *ret_why. */
MUST_USE int access_announce(struct access *a, const char (*listening)[ADDRESS_BYTES],
                             size_t n, struct error *ret_why);

/* From now on looks once a second whether the join strings are still where peers look
 * for them, and writes them there again if they have gone.  Until access_unwatch(),
 * which must come before the loop ends and accepts NULL. */
void access_watch(struct access *a, uv_loop_t *loop);
void access_unwatch(struct access *a);

/* After access_announce(): the addresses under which peers reach picoord, best first,
 * and the join string for one of them. */
size_t access_advertised(const struct access *a, const struct advertised **ret);
void access_join(const struct access *a, enum role role, const struct advertised *at,
                 char ret[JOIN_TEXT_BYTES]);

/* Whether it listens for other machines, and this one has no address that they reach.
 */
bool access_is_cut_off(const struct access *a);

/* Prints commands for other machines, best first; for this machine if it listens only
 * here; none, and false, if it is cut off. */
bool access_print_joins(const struct access *a, FILE *out);

/* The same for machines without piworker, which fetch one from this coordinator. */
bool access_print_fetches(const struct access *a, FILE *out);

/* Without announcing anything: prints the commands of a worker and of an operator, with
 * the join strings that they would have if picoord listened on these addresses. */
void access_print_secrets(struct access *a, const char (*listening)[ADDRESS_BYTES],
                          size_t n, FILE *out);

/* The join string for workers on this machine. */
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

/* Removes only the files that it has announced, before _exit(). */
void access_leave_now(struct access *a);

/* The state directory, with symbolic links resolved; NULL: --ephemeral. */
const char *access_directory(const struct access *a);

/* The state directory had no key and no tokens: they are new. */
bool access_made(const struct access *a);

#endif
