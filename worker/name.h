// SPDX-License-Identifier: MIT
/*
 * What a worker is called: the name that was given, in which %h stands for the host, %p
 * for the process id and %r for the rank that a batch system has given to this process.
 */
#ifndef WORKER_NAME_H
#define WORKER_NAME_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/wire/msg.h"

/*
 * Fills ret; a pattern of NULL is "%h".  subject is what messages call it: "--name". 0;
 * or -EINVAL and *why: what was given is no name, or there is no rank.  Of the host's
 * name, characters that no name has become
 * '-', and what is too long is cut, so that the rest fits; *ret_changed says so.
 */
MUST_USE int name_make(const char *subject, const char *pattern, const char *host,
                       char ret[NAME_BYTES + 1], bool *ret_changed, struct error *why);

#endif
