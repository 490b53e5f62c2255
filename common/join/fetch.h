// SPDX-License-Identifier: MIT
/*
 * The line by which a machine without piworker joins: curl fetches one from the
 * coordinator itself, whose key it knows by the pin, then it is started.  Owns no
 * memory.
 */
#ifndef COMMON_JOIN_FETCH_H
#define COMMON_JOIN_FETCH_H

#include "common/join/join.h"

enum { FETCH_LINE_BYTES = 2 * JOIN_TEXT_BYTES + 256 };

/* For a join string of a coordinator that serves workers; as secret as that.  0, or
 * -EINVAL if it is no join string. */
MUST_USE int fetch_line(const char *join, char ret[FETCH_LINE_BYTES]);

#endif
