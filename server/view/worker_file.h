// SPDX-License-Identifier: MIT
/*
 * Programs for those who have none: piworker, linked statically, a file for each kind
 * of machine in ../lib/picoord/worker beside the folder of this program, as `make
 * install` leaves them.  Read when it is asked for.
 */
#ifndef SERVER_VIEW_WORKER_FILE_H
#define SERVER_VIEW_WORKER_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/base.h"

#define WORKER_URL "/worker/"

/* Whether there is one for machines like this one. */
bool worker_file_is_there(void);

/* Opens the one of this name ("linux-x86_64").  A descriptor, and *ret_bytes; or
 * -ENOENT, if there is no such regular file or the name is none, or another negative
 * errno. */
MUST_USE int worker_file_open(const char *name, uint64_t *ret_bytes);

#endif
