// SPDX-License-Identifier: MIT
#include "server/view/history.h"

#include <stdbool.h>

#include "common/base/json_writer.h"
#include "common/cli/job_format.h"

enum {
    CHECKPOINTS_LOG2 = 5,      /* 32 for each doubling of the trials */
    CHECKPOINTS_PER_POINT = 4, /* so a doubling has 8 points */
};

/* A checkpoint is m * 2^e trials with 32 <= m < 64.  It is a point if
 * CHECKPOINTS_PER_POINT divides m. */
static bool is_point(uint64_t trials)
{
    unsigned log2 = 63U - (unsigned)__builtin_clzll(trials);
    return log2 >= CHECKPOINTS_LOG2 &&
           (trials >> (log2 - CHECKPOINTS_LOG2)) % CHECKPOINTS_PER_POINT == 0;
}

static void put_point(struct history *h, size_t *at, size_t *changed, uint64_t trials,
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

size_t history_update(struct history *h, const struct ledger_view *l)
{
    uint64_t trials = 0, hits = 0;
    size_t at = 0, changed = SIZE_MAX;
    if (h->job != l->job->number)
        h->n = 0;
    h->job = l->job->number;
    /* Points need a complete prefix: stop at the first cell that is not complete. */
    for (size_t i = 0; i < l->n_cells; i++) {
        if (l->first[i] != trials || l->done[i] != l->count[i])
            break;
        trials += l->count[i];
        hits += l->hits[i];
        if (is_point(trials) || trials == l->job->trials)
            put_point(h, &at, &changed, trials, hits);
    }
    bool shrunk = at < h->n; /* results were revoked: send all points again */
    h->n = at;
    return shrunk ? 0 : changed < at ? changed : at;
}

void history_json(FILE *out, const struct history *h, size_t from)
{
    char id[JOB_ID_BYTES];
    struct json_writer w = json_to_stream(out);
    json_begin_object(&w, NULL);
    json_put_text(&w, "job", h->job ? job_id_text(id, h->job) : "");
    json_put_number(&w, "from", "%zu", from);
    json_begin_array(&w, "points");
    for (size_t i = from; i < h->n; i++) {
        json_begin_array(&w, NULL);
        json_put_u64(&w, NULL, h->points[i].trials);
        json_put_u64(&w, NULL, h->points[i].hits);
        json_end(&w);
    }
    json_end(&w);
    json_end(&w);
}
