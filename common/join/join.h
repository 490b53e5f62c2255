// SPDX-License-Identifier: MIT
/*
 * Join strings: everything that a peer needs to connect, to authenticate the
 * coordinator and to be authorized, in one word that can be pasted.
 *
 *     pi1.HOST:PORT.<52 characters: the pin>.<26 characters: the token>
 *
 * HOST is a name or an address, IPv6 in brackets.  The pin is the SHA-256 of the
 * coordinator's public key (its SubjectPublicKeyInfo); the token authorizes the peer.
 * Both are base32 (RFC 4648), lower case, unpadded.  A join string is a secret: error
 * messages do not show it.  Owns no memory.  Pure.
 */
#ifndef COMMON_JOIN_JOIN_H
#define COMMON_JOIN_JOIN_H

#include "common/base/base.h"

enum {
    JOIN_PIN_BYTES = 32,
    JOIN_TOKEN_BYTES = 16,
    JOIN_TEXT_BYTES = 352, /* the longest join string and its NUL */
    JOIN_WHY_BYTES = 80,   /* an error message and its NUL */
};

struct join {
    char host[256]; /* without brackets */
    char port[6];   /* "1" to "65535" */
    uint8_t pin[JOIN_PIN_BYTES];
    uint8_t token[JOIN_TOKEN_BYTES];
};

/*
 * Parses a join string in upper or lower case, with white space around it.  Also
 * accepts the whole line that picoord prints ("PI_JOIN=pi1.... piworker"); of several
 * lines it uses the first.  0, or -EINVAL with the reason in `why`: "its token has 20
 * characters of 26: is the line cut?".
 */
MUST_USE int join_parse(const char *text, struct join *ret, char why[JOIN_WHY_BYTES]);

/* Formats a valid join string. */
void join_format(const struct join *join, char ret[JOIN_TEXT_BYTES]);

#endif
