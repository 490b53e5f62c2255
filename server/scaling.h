// SPDX-License-Identifier: MIT
/*
 * `picoord --scaling P`: the same job with 1, 2, 4 .. P one-thread workers in turn, and
 * how much faster each is than the first.  Each is a picoord of its own, `--ephemeral
 * --spawn N --exit-when-done`, beside which nothing else is started.
 */
#ifndef SERVER_SCALING_H
#define SERVER_SCALING_H

#include "server/options.h"

/* Prints the table, or with --json one object, on stdout, and returns the exit status:
 * EXIT_NO if the hits differ, EXIT_TIMEOUT if a signal has ended it. */
int scaling_run(const struct server_options *options);

#endif
