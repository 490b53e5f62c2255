// SPDX-License-Identifier: MIT
/*
 * What makes this coordinator itself and no other: a P-256 key with a self-signed
 * certificate, by whose public key peers know it; a state key, by which it knows its
 * own grants again; and two tokens, by which it knows workers and operators.
 *
 * Kept in the state directory (0700; files 0600, checked as in
 * common/sys/secure_file.h):
 *
 *     key.pem  certificate.pem  state.key  tokens  lock
 *
 * `tokens` is written last, so a directory without it has never been used: the rest is
 * made anew.  The directory is this process's alone while the object lives.  It may be
 * named by a path with symbolic links; it is found once, and used by the path found.
 *
 * Secrets are overwritten when it is freed.  For the shell only; not pure, one thread.
 */
#ifndef SERVER_ACCESS_IDENTITY_H
#define SERVER_ACCESS_IDENTITY_H

#include <openssl/types.h>

#include "common/base/error.h"
#include "common/join/join.h"
#include "common/wire/msg.h"
#include "server/core/coord.h"

enum {
    IDENTITY_STATE_KEY_BYTES = 32,
    IDENTITY_ROTATED_MAX = 16, /* that are told from tokens that never were */
};

struct identity;

/* All of it new, in memory alone: --ephemeral.  Aborts where there is no memory or
 * chance. */
struct identity *identity_new(void);

/*
 * That of the state directory, which is made at need, with its parents.  0; or a
 * negative errno, and *why says what is wrong (exit 7): files or folders open to others
 * or of another user (-EPERM), the directory in use by another process (-EBUSY), a file
 * that cannot be understood (-EBADMSG) or is missing (-ENOENT).
 */
MUST_USE int identity_open(const char *directory, struct identity **ret,
                           struct error *why);

/* The directory, which has to be there, for this process alone, and nothing else of an
 * identity: for who only looks.  Otherwise as identity_open(). */
MUST_USE int identity_only_lock(const char *directory, struct identity **ret,
                                struct error *why);

/* Overwrites the secrets and gives the directory free.  Accepts NULL. */
void identity_free(struct identity *id);

/* $STATE_DIRECTORY, else $XDG_STATE_HOME/picoord, else ~/.local/state/picoord; size
 * bytes hold it.  -ENOENT: there is no home; -ENAMETOOLONG. */
MUST_USE int identity_default_dir(char *ret, size_t size, struct error *why);

/* Borrowed from the identity, for as long as it lives. */
const char *identity_directory(const struct identity *id); /* NULL: in memory alone */
EVP_PKEY *identity_key(const struct identity *id);
X509 *identity_certificate(const struct identity *id);
const uint8_t *identity_pin(const struct identity *id); /* JOIN_PIN_BYTES */
const uint8_t *identity_state_key(const struct identity *id);
const uint8_t *identity_token(const struct identity *id, enum role role);

/* The join string for that role at this address; host without brackets. */
void identity_join(const struct identity *id, enum role role, const char *host,
                   const char *port, char ret[JOIN_TEXT_BYTES]);

/* What a proof shown by one that wants to be a `role` is worth; compared in constant
 * time. */
enum auth identity_right(const struct identity *id, enum role role,
                         const uint8_t *proof, size_t bytes);

/* Draws a new token for that role; the old one is AUTH_ROTATED from then on.  Durable
 * when it returns 0; else nothing has changed, and *why says what is wrong. */
MUST_USE int identity_rotate(struct identity *id, enum role role, struct error *why);

#endif
