// SPDX-License-Identifier: MIT
/*
 * What picoord prints when it is started on a terminal: where it listens, and what to
 * type next, here and on other machines.  It contains the workers' token, so it is
 * written to terminals only.
 */
#ifndef SERVER_BANNER_H
#define SERVER_BANNER_H

#include <stdint.h>
#include <stdio.h>

#include "common/net/address.h"
#include "server/access/access.h"

/* n listening addresses; after access_announce().  open: others may look. */
void banner_print(FILE *out, const struct access *access, bool open,
                  const char (*listening)[ADDRESS_BYTES], size_t n,
                  int64_t started_in_ms);

/* Without a terminal: a log line, without a token. */
void banner_log(const char (*listening)[ADDRESS_BYTES], size_t n);

#endif
