// SPDX-License-Identifier: MIT
/*
 * The identity of a coordinator: a P-256 key with a self-signed certificate, whose
 * public key peers pin; a state key, with which it recognizes its own grants; and two
 * tokens, one for workers and one for operators.  A third one, for workers of the same
 * user on the same machine, is made at each start and never stored.
 *
 * Stored in the state directory (0700; files 0600, checked as in
 * common/sys/secure_file.h):
 *
 * key.pem  certificate.pem  state.key  tokens  lock
 *
 * `tokens` is written last: a directory without it was never used, and the other files
 * are made anew.  The directory is locked for this process while the object exists.
 * Its path may contain symbolic links; it is resolved once and then used by the
 * resolved path.
 *
 * Secrets are overwritten when it is freed.  Not pure; single-threaded.
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
    IDENTITY_ROTATED_MAX = 16, /* recognized as rotated; older ones are just wrong */
};

struct identity;

/* A new identity in memory only, for --ephemeral.  Aborts without memory or
 * randomness. */
struct identity *identity_new(void);

/*
 * The identity of the state directory, which is created if necessary, with its parents.
 * 0; or a negative errno, and *why says what is wrong (exit 7): files or folders that
 * other users may access or own (-EPERM), the directory in use by another process
 * (-EBUSY), a file that cannot be parsed (-EBADMSG) or is missing (-ENOENT).
 */
MUST_USE int identity_open(const char *directory, struct identity **ret,
                           struct error *why);

/* Only locks the directory, which must exist; the object has no keys or tokens.  For
 * checks.  Errors as identity_open(). */
MUST_USE int identity_only_lock(const char *directory, struct identity **ret,
                                struct error *why);

/* Overwrites the secrets and unlocks the directory.  Accepts NULL. */
void identity_free(struct identity *id);

/* $STATE_DIRECTORY, else $XDG_STATE_HOME/picoord, else ~/.local/state/picoord.
 * -ENOENT: no home directory; -ENAMETOOLONG: more than size bytes. */
MUST_USE int identity_default_dir(char *ret, size_t size, struct error *why);

/* Borrowed for the life of the identity. */
const char *identity_directory(const struct identity *id); /* NULL: in memory only */
bool identity_made(const struct identity *id);             /* the directory had none */
EVP_PKEY *identity_key(const struct identity *id);
X509 *identity_certificate(const struct identity *id);
const uint8_t *identity_pin(const struct identity *id); /* JOIN_PIN_BYTES */
const uint8_t *identity_state_key(const struct identity *id);
const uint8_t *identity_token(const struct identity *id, enum role role);

/* The join string for that role at this address; host without brackets. */
void identity_join(const struct identity *id, enum role role, const char *host,
                   const char *port, char ret[JOIN_TEXT_BYTES]);

/* The same for workers of this user on this machine. */
void identity_local_join(const struct identity *id, const char *host, const char *port,
                         char ret[JOIN_TEXT_BYTES]);

/* Renews the certificate, with the same key, if it is not for all these names and
 * addresses.  1: it is new; 0: there was no need; or a negative errno: it is new, but
 * could not be stored, and *why. */
MUST_USE int identity_certify(struct identity *id, const char *const *names, size_t n,
                              struct error *why);

/* What a proof permits to a peer that asks for the role; compared in constant time. */
enum auth identity_authorize(const struct identity *id, enum role role,
                             const uint8_t *proof, size_t bytes);

/* Draws a new token for the role, of workers also that of this user's; from then on the
 * old one is AUTH_ROTATED.  Durable when it returns 0; otherwise nothing has changed,
 * and *why says what is wrong. */
MUST_USE int identity_rotate(struct identity *id, enum role role, struct error *why);

#endif
