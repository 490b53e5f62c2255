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
struct endpoint_options {
    const char *address;      /* HOST[:PORT] */
    const char *address_name; /* what the user knows it by, "--coordinator"; or NULL */
    const char *join_file, *contact_file;
    bool plaintext;
    enum role role;
};

enum endpoint_outcome {
    ENDPOINT_FOUND,
    ENDPOINT_ABSENT, /* nobody is there yet: look again, or give up with `status` */
    ENDPOINT_WRONG,  /* `status`: 2 or 7 */
};

struct endpoint {
    char host[256], port[6];
    char where[280]; /* "HOST:PORT", "[V6]:PORT": for people; unless found, "the
                        coordinator" */
    bool plaintext;  /* no pin, no token */
    uint8_t pin[JOIN_PIN_BYTES];
    uint8_t token[JOIN_TOKEN_BYTES];

    int status;       /* unless found: the exit status */
    struct error why; /* unless found */
};

/* Fills *ret whatever comes out. */
MUST_USE enum endpoint_outcome endpoint_find(const struct endpoint_options *options,
                                             struct endpoint *ret);

/* The pin for conn_dial(): NULL where frames travel in the clear. */
static inline const uint8_t *endpoint_pin(const struct endpoint *t)
{
    return t->plaintext ? NULL : t->pin;
}

/* How many bytes of token prove our right. */
static inline size_t endpoint_proof_bytes(const struct endpoint *t)
{
    return t->plaintext ? 0 : sizeof(t->token);
}

#endif
