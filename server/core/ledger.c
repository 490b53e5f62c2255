// SPDX-License-Identifier: MIT
/*
 * Leasing and results.  Rows and transactions are in ledger_commit.c.
 */
#include "server/core/ledger.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "server/core/rows.h"

/* ---- lifetime ---- */

void ledger_init(struct ledger *l, uint64_t job, uint64_t limit,
                 const struct sip_key *key)
{
    *l = (struct ledger){.job = job, .limit = limit, .n_shares = 1};
    assert(limit > 0 && limit <= TRIALS_MAX);
    l->shares = mem_zero(1, sizeof(*l->shares));
    map_init(&l->share_of, key);
    map_init(&l->slots, key);
    span_add(&l->free, (struct span){0, limit, 0, 0}, 0, UINT64_MAX);
}

void ledger_release(struct ledger *l)
{
    span_release(&l->rows);
    span_release(&l->pending);
    span_release(&l->flight);
    span_release(&l->free);
    span_release(&l->leased);
    span_release(&l->dealt);
    map_release(&l->slots);
    map_release(&l->share_of);
    free(l->dirty.items);
    free(l->verified.items);
    free(l->cells);
    free(l->shares);
    *l = (struct ledger){0};
}

size_t ledger_share(struct ledger *l, uint64_t worker, const char *name)
{
    struct share *s = map_get(&l->share_of, worker);
    if (s)
        return (size_t)(uintptr_t)s;
    size_t at = l->n_shares++;
    l->shares = mem_resize(l->shares, l->n_shares, sizeof(*l->shares));
    l->shares[at] = (struct share){.worker = worker};
    strncpy(l->shares[at].name, name, NAME_BYTES);
    map_put(&l->share_of, worker, (void *)(uintptr_t)at);
    return at;
}

/* ---- leasing ---- */

/* The lowest gap from *from on; if there is none, the lowest of all, and *from becomes
 * 0. False: no gap. */
static bool next_gap(const struct ledger *l, uint64_t *from, struct span *ret)
{
    struct span_at at;
    if (!span_find(&l->free, *from, &at)) {
        *from = 0;
        if (!span_find(&l->free, 0, &at))
            return false;
    }
    *ret = *span_get(&l->free, at);
    return true;
}

bool ledger_next_again(const struct ledger *l, uint64_t from)
{
    struct span gap;
    return next_gap(l, &from, &gap) && gap.tag != 0;
}

/*
 * The tag of a gap: its bounds, and the second until which they are kept; 0: was never
 * leased, or has no bounds.  Seconds, so that what comes back together stays together.
 */
static uint64_t gap_tag(struct bounds b)
{
    return b.log2 ? (uint64_t)(b.until_ms / 1000 + 1) << 8 | b.log2 : 0;
}

/* log2 of the leases whose bounds the gap still keeps; 0: it may be cut anywhere. */
static uint32_t gap_kept(const struct span *gap, int64_t now_ms)
{
    bool kept = now_ms < (int64_t)(gap->tag >> 8) * 1000;
    return kept ? (uint32_t)(gap->tag & 0xff) : 0;
}

static uint32_t narrower(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* What is left of the worker's slot. */
static bool own_slot(const struct ledger *l, uint64_t worker, struct span *ret)
{
    uintptr_t slot = l->dealt.n ? (uintptr_t)map_get(&l->slots, worker) : 0;
    struct span_at at;
    if (!slot || !span_find(&l->dealt, (uint64_t)(slot - 1) << LEASE_LOG2_MIN, &at))
        return false;
    *ret = *span_get(&l->dealt, at);
    return ret->tag == worker;
}

/* Where to lease from. */
struct place {
    struct span gap;
    struct span_set *set; /* free or dealt */
    bool deal;            /* the rest of its slot becomes the worker's */
};

/* As ledger_take() says. */
static bool find_place(struct ledger *l, const struct wanted *w, struct place *ret)
{
    uint64_t from = w->from;
    struct span free = {0}, own = {0};
    bool any = next_gap(l, &from, &free);
    if (any && !gap_kept(&free, w->now_ms) && free.first < from)
        free.first = from; /* what has no bounds may be cut anywhere */
    bool mine = own_slot(l, w->worker, &own);
    const struct span *dealt = l->dealt.n ? span_get(&l->dealt, span_begin()) : NULL;
    if (!any && !dealt)
        return false;
    if (any && (free.tag != 0 || !mine))
        *ret = (struct place){free, &l->free, .deal = free.tag == 0};
    else
        *ret = (struct place){mine ? own : *dealt, &l->dealt, .deal = false};
    if (l->limit < TRIALS_MAX && !w->lowest)
        return true;
    bool in_slot = dealt && (!any || dealt->first < free.first);
    const struct span *low = in_slot ? dealt : &free;
    uint64_t ahead = ret->gap.first - low->first;
    if (ahead && (w->lowest || ahead >= UINT64_C(1) << cell_lease_log2(low->first)))
        *ret = (struct place){*low, in_slot ? &l->dealt : &l->free, .deal = false};
    return true;
}

/* Deals what is left of the slot that ends in the gap behind `end` to the worker. True:
 * it had none here before. */
static bool deal_rest(struct ledger *l, uint64_t worker, uint64_t end, uint64_t gap_end)
{
    uint32_t log2 = cell_slot_log2(end - 1);
    uint64_t slot = (end - 1) >> log2 << log2;
    uint64_t rest = slot + (UINT64_C(1) << log2);
    if (rest > gap_end)
        rest = gap_end;
    if (end >= rest)
        return false;
    bool had = map_get(&l->slots, worker);
    span_cut(&l->free, end, rest);
    span_add(&l->dealt, (struct span){end, rest, worker, 0}, end, rest);
    map_put(&l->slots, worker, (void *)(uintptr_t)((slot >> LEASE_LOG2_MIN) + 1));
    return !had;
}

bool ledger_take(struct ledger *l, const struct wanted *w, struct taken *ret)
{
    struct place place;
    if (!find_place(l, w, &place))
        return false;
    struct span gap = place.gap;
    bool free = place.set == &l->free;
    uint32_t kept = free ? gap_kept(&gap, w->now_ms) : 0;
    uint64_t first = gap.first;
    /* Who may have less gets a part of a lease that is kept: powers of two nest. */
    uint32_t log2 = narrower(w->log2, kept ? kept : cell_lease_log2(first));
    assert(log2 >= LEASE_LOG2_MIN);
    uint64_t leases = w->trials >> log2;
    if (leases > w->leases)
        leases = w->leases;
    if (leases == 0)
        leases = 1;
    uint64_t end = ((first >> log2) + leases) << log2, at = first;
    *ret = (struct taken){.first = first, .log2 = log2};
    for (;;) {
        uint64_t to = gap.end < end ? gap.end : end;
        span_cut(place.set, at, to);
        ret->again += free && gap.tag ? to - at : 0;
        at = to;
        const struct span *next =
            kept || at == end || !free ? NULL : span_of(&l->free, at);
        if (!next || gap_kept(next, w->now_ms))
            break;
        gap = *next;
    }
    ret->count = at - first;
    span_add(&l->leased, (struct span){first, at, w->grant, 0}, 0, UINT64_MAX);
    ret->deals = place.deal && gap.tag == 0 && deal_rest(l, w->worker, at, gap.end);
    return true;
}

void ledger_leave(struct ledger *l, uint64_t worker)
{
    struct span x;
    while (own_slot(l, worker, &x)) {
        span_cut(&l->dealt, x.first, x.end);
        ledger_free(l, x.first, x.end, 0);
    }
    map_remove(&l->slots, worker);
}

uint64_t ledger_left(const struct ledger *l)
{
    return l->free.total + l->dealt.total;
}

void ledger_free(struct ledger *l, uint64_t first, uint64_t end, uint64_t tag)
{
    if (end > l->limit)
        end = l->limit;
    if (first >= end)
        return;
    /* Gaps merge only where a lease ends, so that the bounds of leases are kept. */
    uint64_t mask = (UINT64_C(1) << (tag & 0xff)) - 1;
    uint64_t floor = first & mask ? first : 0;
    uint64_t ceiling = end & mask ? end : UINT64_MAX;
    span_add(&l->free, (struct span){first, end, tag, 0}, floor, ceiling);
}

uint64_t ledger_give_back(struct ledger *l, uint64_t grant, uint64_t first,
                          uint64_t end, struct bounds bounds)
{
    uint64_t sum = 0;
    while (first < end) {
        struct span_at at;
        if (!span_find(&l->leased, first, &at))
            break;
        struct span x = *span_get(&l->leased, at);
        if (x.first >= end)
            break;
        uint64_t from = x.first > first ? x.first : first;
        uint64_t to = x.end < end ? x.end : end;
        if (x.tag == grant) {
            span_cut(&l->leased, from, to);
            ledger_free(l, from, to, gap_tag(bounds));
            sum += to - from;
        }
        first = to;
    }
    return sum;
}

/* Number of trials of the range that are with nobody. */
static uint64_t unleased(const struct ledger *l, uint64_t first, uint64_t end)
{
    return span_overlap(&l->free, first, end) + span_overlap(&l->dealt, first, end);
}

/* Takes a range that is with nobody out of the sets that hold it. */
static void take_out(struct ledger *l, uint64_t first, uint64_t end)
{
    while (first < end) {
        struct span_set *set = span_of(&l->free, first) ? &l->free : &l->dealt;
        const struct span *x = span_of(set, first);
        assert(x);
        uint64_t to = x->end < end ? x->end : end;
        span_cut(set, first, to);
        first = to;
    }
}

bool ledger_adopt(struct ledger *l, uint64_t grant, uint64_t first, uint64_t end)
{
    if (unleased(l, first, end) != end - first)
        return false;
    take_out(l, first, end);
    span_add(&l->leased, (struct span){first, end, grant, 0}, 0, UINT64_MAX);
    return true;
}

/* ---- results ---- */

enum fate ledger_fate(const struct ledger *l, uint64_t grant, uint64_t first,
                      uint64_t end)
{
    const struct span *own = span_of(&l->leased, first);
    if (own && own->tag == grant && own->end >= end)
        return FATE_GAP;
    uint64_t count = end - first;
    uint64_t gap = unleased(l, first, end) + span_overlap(&l->leased, first, end);
    if (gap == count)
        return FATE_GAP;
    if (span_overlap(&l->pending, first, end) || span_overlap(&l->flight, first, end))
        return FATE_WAIT;
    return span_overlap(&l->rows, first, end) == count ? FATE_COVERED : FATE_PARTIAL;
}

uint64_t ledger_owned(const struct ledger *l, uint64_t grant, uint64_t first)
{
    const struct span *own = span_of(&l->leased, first);
    if (!own || own->tag != grant)
        return first;
    uint64_t cell_end = cell_first(cell_of(first) + 1);
    return own->end < cell_end ? own->end : cell_end;
}

void ledger_count(struct ledger *l, uint64_t grant, uint64_t first, uint64_t end,
                  uint64_t hits, size_t share, enum row_state state)
{
    size_t cell = cell_of(first);
    assert(first < end && end <= cell_first(cell + 1));
    assert(hits <= end - first && share > 0 && share < l->n_shares);
    const struct span *own = span_of(&l->leased, first);
    if (own && own->tag == grant && own->end >= end)
        span_cut(&l->leased, first, end);
    else
        take_out(l, first, end);
    if (state == ROW_PROVISIONAL)
        share_provisional(l, share, first);
    row_merge(&l->pending, (struct span){first, end, row_tag(share, state), hits},
              UINT64_MAX);
}

bool ledger_known(const struct ledger *l, uint64_t first, uint64_t end,
                  uint64_t *ret_hits, size_t *ret_share)
{
    const struct span *x = span_of(&l->rows, first);
    if (!x || x->first != first || x->end != end)
        return false;
    *ret_hits = x->value;
    *ret_share = tag_share(x->tag);
    return true;
}

/* ---- for tests ---- */

/* Whatever is dealt lies in its worker's slot. */
static void check_dealt(const struct ledger *l)
{
    for (struct span_at at = span_begin(); span_valid(&l->dealt, at);
         at = span_next(&l->dealt, at)) {
        const struct span *x = span_get(&l->dealt, at);
        uint32_t log2 = cell_slot_log2(x->first);
        uint64_t slot = (uint64_t)(uintptr_t)map_get(&l->slots, x->tag);
        assert(slot > 0);
        assert(x->first >> log2 == (slot - 1) << LEASE_LOG2_MIN >> log2);
        assert(x->first >> log2 == (x->end - 1) >> log2);
        assert(!span_overlap(&l->free, x->first, x->end));
        assert(!span_overlap(&l->leased, x->first, x->end));
    }
}

void ledger_check(const struct ledger *l)
{
    struct tally sum = {0};
    uint64_t counted = 0, from = 0, hole = UINT64_MAX;
    for (struct span_at at = span_begin(); span_valid(&l->rows, at);
         at = span_next(&l->rows, at)) {
        const struct span *x = span_get(&l->rows, at);
        assert(x->first >= from && x->value <= x->end - x->first);
        assert(x->end <= cell_first(cell_of(x->first) + 1));
        if (x->first > from && hole == UINT64_MAX)
            hole = from;
        from = x->end;
        assert(!unleased(l, x->first, x->end));
        assert(!span_overlap(&l->leased, x->first, x->end));
        assert(!span_overlap(&l->pending, x->first, x->end));
        if (x->first < l->limit) {
            tally_add(&sum, x);
            counted += x->end - x->first;
        }
    }
    if (hole == UINT64_MAX)
        hole = from;
    assert(!memcmp(&sum, &l->total, sizeof(sum)));
    assert(l->prefix == (hole < l->limit ? hole : l->limit));
    assert(l->prefix_hits == rows_prefix_hits(l, l->prefix));
    assert(ledger_left(l) + l->leased.n == 0 ||
           counted + l->pending.total + ledger_left(l) + l->leased.total == l->limit);
    check_dealt(l);
}

void ledger_close(struct ledger *l)
{
    span_clear(&l->free);
    span_clear(&l->leased);
    span_clear(&l->dealt);
    map_release(&l->slots);
    l->ended = l->settle_all = true;
}
