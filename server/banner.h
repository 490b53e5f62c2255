// SPDX-License-Identifier: MIT
/*
 * What a person sees who starts picoord on a terminal: where it listens, and what to
 * type next, here and on other machines.  It shows the workers' token, so it is never
 * written anywhere but to a terminal.
 */
#ifndef SERVER_BANNER_H
#define SERVER_BANNER_H

#include <stdint.h>
#include <stdio.h>

#include "common/net/address.h"
#include "server/access/access.h"

/* n addresses that are listened on; after access_announce(). */
void banner_print(FILE *out, const struct access *access,
                  const char (*listening)[ADDRESS_BYTES], size_t n,
                  int64_t started_in_ms);

/* Where nobody looks: a log line, without a token. */
void banner_log(const char (*listening)[ADDRESS_BYTES], size_t n);

#endif
