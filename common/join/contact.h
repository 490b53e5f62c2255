// SPDX-License-Identifier: MIT
/*
 * The contact file, in which a picoord writes where it listens and what lets others in,
 * so that those who wait for it need to know nothing else:
 *
 *     {"addr":"127.0.0.1","port":31415,"pid":7,"version":"0.1.0","join":"pi1....",
 *      "operator_join":"pi1...."}
 *
 * Without the joins where it runs with --plaintext.  Owns nothing.  Pure.
 */
#ifndef COMMON_JOIN_CONTACT_H
#define COMMON_JOIN_CONTACT_H

#include "common/join/join.h"

enum { CONTACT_BYTES = 2048 }; /* the longest, and its NUL */

struct contact {
    char host[256], port[6];
    char join[JOIN_TEXT_BYTES],
        operator_join[JOIN_TEXT_BYTES]; /* not looked into; or "" */
};

/* 0, or -EBADMSG: it is no contact file. */
MUST_USE int contact_parse(const char *text, struct contact *ret);

#endif
