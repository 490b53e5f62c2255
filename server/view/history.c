// SPDX-License-Identifier: MIT
#include "server/view/history.h"

#include <stdbool.h>

#include "common/base/json_writer.h"
#include "common/cli/job_format.h"

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

static void put(struct history *c, size_t *at, size_t *changed, uint64_t trials,
                uint64_t hits)
{
    if (*at == HISTORY_POINTS)
        return;
    bool same =
        *at < c->n && c->points[*at].trials == trials && c->points[*at].hits == hits;
    c->points[*at].trials = trials;
    c->points[*at].hits = hits;
    if (!same && *changed > *at)
        *changed = *at;
    ++*at;
}

size_t history_update(struct history *c, const struct ledger_view *l)
{
    uint64_t trials = 0, hits = 0;
    size_t at = 0, changed = SIZE_MAX;
    if (c->job != l->job->number)
        c->n = 0;
    c->job = l->job->number;
    /* Up to the first cell that is not complete. */
    for (size_t i = 0; i < l->n_cells; i++) {
        if (l->first[i] != trials || l->done[i] != l->count[i])
            break;
        trials += l->count[i];
        hits += l->hits[i];
        if (is_point(trials) || trials == l->job->trials)
            put(c, &at, &changed, trials, hits);
    }
    bool shrunk = at < c->n; /* some have been revoked: all is told again */
    c->n = at;
    return shrunk ? 0 : changed < at ? changed : at;
}

void history_json(FILE *out, const struct history *c, size_t from)
{
    char id[JOB_ID_BYTES];
    struct json_writer w = json_to_stream(out);
    json_begin_object(&w, NULL);
    json_put_text(&w, "job", c->job ? job_id_text(id, c->job) : "");
    json_put_number(&w, "from", "%zu", from);
    json_begin_array(&w, "points");
    for (size_t i = from; i < c->n; i++) {
        json_begin_array(&w, NULL);
        json_put_u64(&w, NULL, c->points[i].trials);
        json_put_u64(&w, NULL, c->points[i].hits);
        json_end(&w);
    }
    json_end(&w);
    json_end(&w);
}
