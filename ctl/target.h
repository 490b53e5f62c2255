// SPDX-License-Identifier: MIT
/*
 * Where the coordinator is: a flag, a contact file that picoord wrote, the environment,
 * or the default, in this order.  Reads at most one small file; owns nothing.
 */
#ifndef CTL_TARGET_H
#define CTL_TARGET_H

#include "common/base.h"

#define TARGET_DEFAULT "127.0.0.1:31415"

struct target {
    char host[256], port[6];
    char where[280]; /* "HOST:PORT", "[V6]:PORT": for people */
};

/* Each text may be NULL.  0, or an exit code, and what is wrong has been said. */
MUST_USE int target_find(const char *flag, const char *contact_file, const char *env,
                         struct target *ret);

#endif
