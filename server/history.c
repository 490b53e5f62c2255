// SPDX-License-Identifier: MIT
#include "server/history.h"

#include <inttypes.h>
#include <stdbool.h>

#include "common/jobtext.h"

enum {
    CHECKPOINTS_LOG2 = 5, /* 32 to a doubling, */
    EVERY = 4,            /* of which so many make one point */
};

/* Checkpoints are m * 2^e with 32 <= m < 64; those with a multiple of EVERY count. */
static bool is_point(uint64_t trials)
{
    unsigned log2 = 63U - (unsigned)__builtin_clzll(trials);
    return log2 >= CHECKPOINTS_LOG2 &&
           (trials >> (log2 - CHECKPOINTS_LOG2)) % EVERY == 0;
}

static void put(struct history *h, size_t *at, size_t *changed, uint64_t trials,
                uint64_t hits)
{
    if (*at == HISTORY_POINTS)
        return;
    bool same =
        *at < h->n && h->points[*at].trials == trials && h->points[*at].hits == hits;
    h->points[*at].trials = trials;
    h->points[*at].hits = hits;
    if (!same && *changed > *at)
        *changed = *at;
    ++*at;
}

size_t history_take(struct history *h, const struct ledger_view *l)
{
    uint64_t trials = 0, hits = 0;
    size_t at = 0, changed = SIZE_MAX;
    if (h->job != l->job->number)
        h->n = 0;
    h->job = l->job->number;
    /* Up to the first cell that is not complete. */
    for (size_t i = 0; i < l->n_cells; i++) {
        if (l->first[i] != trials || l->done[i] != l->count[i])
            break;
        trials += l->count[i];
        hits += l->hits[i];
        if (is_point(trials) || trials == l->job->trials)
            put(h, &at, &changed, trials, hits);
    }
    bool shrunk = at < h->n; /* some have been revoked: all is told again */
    h->n = at;
    return shrunk ? 0 : changed < at ? changed : at;
}

void history_json(FILE *out, const struct history *h, size_t from)
{
    char id[JOB_ID_BYTES];
    fprintf(out, "{\"job\":\"%s\",\"from\":%zu,\"points\":[",
            h->job ? job_id_text(id, h->job) : "", from);
    for (size_t i = from; i < h->n; i++)
        fprintf(out, "%s[\"%" PRIu64 "\",\"%" PRIu64 "\"]", i > from ? "," : "",
                h->points[i].trials, h->points[i].hits);
    fputs("]}", out);
}
