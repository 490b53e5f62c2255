// SPDX-License-Identifier: MIT
/*
 * What a person sees who starts picoord on a terminal: where it listens and what to
 * type next.
 */
#ifndef SERVER_BANNER_H
#define SERVER_BANNER_H

#include <stdint.h>
#include <stdio.h>

#include "common/conn.h"

/* n addresses, the first of which peers are told. */
void banner_print(FILE *out, const char (*addresses)[ADDRESS_BYTES], size_t n,
                  int64_t started_in_ms);

#endif
