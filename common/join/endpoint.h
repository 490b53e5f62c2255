// SPDX-License-Identifier: MIT
/*
 * Finds the coordinator and the token that authorizes this process.  The first of these
 * sources that is present supplies the pin, the token and the address:
 *
 *     --join-file; --contact-file; PI_JOIN; the picoord of this user on this machine
 *
 * An address on the command line (an operand, --coordinator) replaces the address of
 * the source.  So does PI_COORDINATOR, unless the source is a file: flags take
 * precedence over the environment.  With --plaintext an address is sufficient.
 *
 * Reads the environment and small files at each call, because a restarted coordinator
 * may have another port and other keys.  Owns no memory.
 */
#ifndef COMMON_JOIN_ENDPOINT_H
#define COMMON_JOIN_ENDPOINT_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/join/join.h"
#include "common/wire/msg.h"

/* From the command line.  Strings are borrowed and may be NULL. */
struct endpoint_options {
    const char *address;      /* HOST[:PORT] */
    const char *address_name; /* its name in messages, "--coordinator"; or NULL */
    const char *join_file, *contact_file;
    bool plaintext;
    enum role role;
};

enum endpoint_outcome {
    ENDPOINT_FOUND,
    ENDPOINT_ABSENT, /* no coordinator yet: retry, or exit with `status` */
    ENDPOINT_WRONG,  /* an error: `status` is EXIT_USAGE or EXIT_LOCAL */
};

struct endpoint {
    char host[256], port[6];
    char where[280]; /* "HOST:PORT", "[V6]:PORT": for messages; "the coordinator" if
                        not found */
    bool plaintext;  /* no pin, no token */
    uint8_t pin[JOIN_PIN_BYTES];
    uint8_t token[JOIN_TOKEN_BYTES];

    int status;           /* if not found: the exit status */
    struct error why;     /* if not found */
    struct error warning; /* others may read the join file; `what` is empty otherwise */
};

/* Fills *ret for every outcome. */
MUST_USE enum endpoint_outcome endpoint_find(const struct endpoint_options *options,
                                             struct endpoint *ret);

/* The pin for conn_dial(); NULL for a plaintext connection. */
static inline const uint8_t *endpoint_pin(const struct endpoint *t)
{
    return t->plaintext ? NULL : t->pin;
}

/* The length of the token in a Hello: 0 for a plaintext connection. */
static inline size_t endpoint_proof_bytes(const struct endpoint *t)
{
    return t->plaintext ? 0 : sizeof(t->token);
}

#endif
