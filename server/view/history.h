// SPDX-License-Identifier: MIT
/*
 * How the estimate of a job went: hits and trials at checkpoints, eight to a doubling,
 * read off the ledger.  So it is the same whatever the fleet was, is there for who
 * comes late, and outlives a restart.  Pure.
 */
#ifndef SERVER_VIEW_HISTORY_H
#define SERVER_VIEW_HISTORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/wire/msg.h"

enum { HISTORY_POINTS = 512 }; /* 2^62 trials have 329, and an end of their own */

struct history {
    uint64_t job; /* number; 0: none */
    size_t n;
    struct {
        uint64_t trials, hits; /* of [0, trials) */
    } points[HISTORY_POINTS];
};

/* Takes in a ledger with its job.  Returns from which point on it has changed; c->n:
 * nothing has. */
size_t history_update(struct history *c, const struct ledger_view *ledger);

/* {"job":"j-1","from":0,"points":[["2097152","1647012"],...]}: the points from there.
 */
void history_json(FILE *out, const struct history *c, size_t from);

#endif
