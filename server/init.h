// SPDX-License-Identifier: MIT
/* `picoord --init`: makes key, certificate, state key and tokens, or keeps those that
 * are there, and prints the join lines. */
#ifndef SERVER_INIT_H
#define SERVER_INIT_H

#include "server/options.h"

/* Returns the exit status; everything was printed. */
int init_run(const struct server_options *options);

#endif
