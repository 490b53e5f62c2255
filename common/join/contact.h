// SPDX-License-Identifier: MIT
/*
 * The contact file: picoord writes its address and the join strings to it, so that
 * programs that wait for the coordinator need nothing else to connect:
 *
 *     {"addr":"127.0.0.1","port":31415,"pid":7,"version":"0.1.0","join":"pi1....",
 *      "operator_join":"pi1...."}
 *
 * With --plaintext there are no join strings.  Owns nothing.  Pure.
 */
#ifndef COMMON_JOIN_CONTACT_H
#define COMMON_JOIN_CONTACT_H

#include "common/join/join.h"

enum { CONTACT_BYTES = 2048 }; /* of the longest file, with a NUL */

struct contact {
    char host[256], port[6];
    /* Printable ASCII, not checked further; "" if absent. */
    char join[JOIN_TEXT_BYTES], operator_join[JOIN_TEXT_BYTES];
};

/* Parses the text of a contact file.  0, or -EBADMSG: it is not one, and *ret is
 * unchanged.  Not thread-safe: sets jansson's allocator for the call. */
MUST_USE int contact_parse(const char *text, struct contact *ret);

#endif
