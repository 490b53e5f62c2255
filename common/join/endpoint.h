// SPDX-License-Identifier: MIT
/*
 * Who is the coordinator, and what proves our right.  The first of these that is there
 * supplies the pin, the token and the address:
 *
 *     --join-file; --contact-file; PI_JOIN; the picoord of this user on this machine
 *
 * An address that is given (an operand, --coordinator) replaces theirs; PI_COORDINATOR
 * does so too, but not that of a file, since a flag is above the environment.  With
 * --plaintext an address is all that is needed.
 *
 * Reads the environment and small files, each time anew: a coordinator that was started
 * again may have another port and other keys.  Owns no memory.
 */
#ifndef COMMON_JOIN_ENDPOINT_H
#define COMMON_JOIN_ENDPOINT_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/join/join.h"
#include "common/wire/msg.h"

/* What the command line says; texts are borrowed and may be NULL. */
struct target_options {
    const char *address;      /* HOST[:PORT] */
    const char *address_name; /* what the user knows it by, "--coordinator"; or NULL */
    const char *join_file, *contact_file;
    bool plaintext;
    enum role role;
};

enum target_outcome {
    TARGET_FOUND,
    TARGET_ABSENT, /* nobody is there yet: look again, or give up with `status` */
    TARGET_WRONG,  /* `status`: 2 or 7 */
};

struct target {
    char host[256], port[6];
    char where[280]; /* "HOST:PORT", "[V6]:PORT": for people; unless found, "the
                        coordinator" */
    bool plaintext;  /* no pin, no token */
    uint8_t pin[JOIN_PIN_BYTES];
    uint8_t token[JOIN_TOKEN_BYTES];

    int status;           /* unless found: the exit status */
    struct complaint why; /* unless found */
};

/* Fills *ret whatever comes out. */
MUST_USE enum target_outcome target_find(const struct target_options *options,
                                         struct target *ret);

/* The pin for conn_dial(): NULL where frames travel in the clear. */
static inline const uint8_t *target_pin(const struct target *t)
{
    return t->plaintext ? NULL : t->pin;
}

/* How many bytes of token prove our right. */
static inline size_t target_proof_bytes(const struct target *t)
{
    return t->plaintext ? 0 : sizeof(t->token);
}

#endif
