// SPDX-License-Identifier: MIT
/*
 * How the estimate of a job developed: hits and trials at eight checkpoints for each
 * doubling of the trials.  It is computed from the ledger, so it does not depend on the
 * fleet, is complete for viewers that come late, and survives a restart.  Pure.
 */
#ifndef SERVER_VIEW_HISTORY_H
#define SERVER_VIEW_HISTORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/wire/msg.h"

enum { HISTORY_POINTS = 512 }; /* 2^62 trials have 329, and the end of the job */

struct history {
    uint64_t job; /* number; 0: no job */
    size_t n;
    struct {
        uint64_t trials, hits; /* of [0, trials) */
    } points[HISTORY_POINTS];
};

/* Updates the history from a ledger, whose job must be set.  Returns the index of the
 * first point that changed; h->n: none did. */
size_t history_update(struct history *h, const struct ledger_view *ledger);

/* Writes {"job":"j-1","from":0,"points":[["2097152","1647012"],...]}, the points from
 * index `from` on; no newline.  The caller checks ferror(). */
void history_json(FILE *out, const struct history *h, size_t from);

#endif
