// SPDX-License-Identifier: MIT
#include "server/core/ledger_revoke.h"

#include <assert.h>

#include "server/core/ledger_commit.h"
#include "server/core/rows.h"

/* Which rows are meant. */
struct suspects {
    size_t share;            /* those of this one; 0: of none */
    bool nameless, doubtful; /* those without an author; and those in doubt */
};

static bool suspected(const struct suspects *s, const struct span *x)
{
    size_t share = tag_share(x->tag);
    return (share ? share == s->share : s->nameless) ||
           (s->doubtful && tag_state(x->tag) == ROW_DOUBTFUL);
}

static struct suspects suspects_of(const struct ledger *l, uint64_t worker)
{
    if (worker == 0)
        return (struct suspects){.nameless = true};
    size_t share = (size_t)(uintptr_t)map_get(&l->share_of, worker);
    uint64_t known = 0;
    if (share == 0)
        return (struct suspects){0};
    for (struct span_at at = span_begin(); span_valid(&l->rows, at);
         at = span_next(&l->rows, at)) {
        const struct span *x = span_get(&l->rows, at);
        if (tag_share(x->tag) == share)
            known += x->end - x->first;
    }
    return (struct suspects){share, known < l->shares[share].trials, false};
}

/* No row is without an author any more, so each share is what its rows hold. */
static void recount_shares(struct ledger *l)
{
    struct tally *sums = mem_zero(l->n_shares, sizeof(*sums));
    for (struct span_at at = span_begin(); span_valid(&l->rows, at);
         at = span_next(&l->rows, at))
        tally_add(&sums[tag_share(span_get(&l->rows, at)->tag)],
                  span_get(&l->rows, at));
    assert(sums[0].done == 0);
    for (size_t i = 1; i < l->n_shares; i++) {
        struct share *s = &l->shares[i];
        if (s->trials != sums[i].done || s->hits != sums[i].hits)
            share_changed(l, i);
        s->trials = sums[i].done;
        s->hits = sums[i].hits;
    }
    free(sums);
}

static void revoke(struct ledger *l, const struct suspects *s, struct record_list *to,
                   struct tally *ret)
{
    struct span_at at = span_begin();
    bool nameless = false;
    while (span_valid(&l->rows, at)) {
        struct span x = *span_get(&l->rows, at);
        if (!suspected(s, &x)) {
            at = span_next(&l->rows, at);
            continue;
        }
        span_erase(&l->rows, at);
        record_clear(l, x.first, x.end, to);
        ledger_free(l, x.first, x.end, 0);
        tally_add(ret, &x);
        struct share *share = &l->shares[tag_share(x.tag)];
        if (tag_share(x.tag) == 0) {
            nameless = true;
        } else {
            share->trials -= x.end - x.first;
            share->hits -= x.value;
            share_changed(l, tag_share(x.tag));
        }
        span_find(&l->rows, x.end, &at);
    }
    if (nameless)
        recount_shares(l);
    ledger_recount(l);
}

void ledger_revoke(struct ledger *l, uint64_t worker, struct record_list *to,
                   struct tally *ret)
{
    struct suspects s = suspects_of(l, worker);
    if (s.share || s.nameless)
        revoke(l, &s, to, ret);
}

void ledger_revoke_doubtful(struct ledger *l, struct record_list *to, struct tally *ret)
{
    struct suspects s = {.doubtful = true};
    for (struct span_at at = span_begin(); span_valid(&l->rows, at);
         at = span_next(&l->rows, at))
        s.nameless |= span_get(&l->rows, at)->tag == row_tag(0, ROW_DOUBTFUL);
    revoke(l, &s, to, ret);
}

uint64_t ledger_doubt(struct ledger *l, uint64_t worker, struct record_list *to)
{
    struct suspects s = suspects_of(l, worker);
    uint64_t before = l->total.doubtful;
    struct span_at at;
    for (bool any = span_find(&l->rows, 0, &at); any;) {
        struct span x = *span_get(&l->rows, at);
        if (suspected(&s, &x) && tag_state(x.tag) == ROW_VERIFIED)
            (void)row_retag(l, at, ROW_DOUBTFUL, to);
        any = span_find(&l->rows, x.end, &at);
    }
    ledger_recount(l);
    return l->total.doubtful - before;
}

bool ledger_next_doubtful(const struct ledger *l, uint64_t from, struct range *ret)
{
    struct span_at at;
    *ret = (struct range){0};
    for (span_find(&l->rows, from, &at); span_valid(&l->rows, at);
         at = span_next(&l->rows, at)) {
        const struct span *x = span_get(&l->rows, at);
        if (x->first >= l->limit || (ret->count && x->first != ret->first + ret->count))
            break;
        if (tag_state(x->tag) != ROW_DOUBTFUL && ret->count)
            break;
        if (tag_state(x->tag) != ROW_DOUBTFUL)
            continue;
        if (!ret->count)
            ret->first = x->first;
        ret->count = x->end - ret->first;
    }
    return ret->count > 0;
}
