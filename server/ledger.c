// SPDX-License-Identifier: MIT
#include "server/ledger.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { CELL_LOG2_MIN = 16, CELL_PER_DOUBLING = 32, CELL_FIRST_LOG2 = 21 };

/* ---- cells ---------------------------------------------------------------------- */

static uint32_t log2_floor(uint64_t x)
{
    return 63 - (uint32_t)__builtin_clzll(x);
}

size_t cell_of(uint64_t trial)
{
    assert(trial < TRIALS_MAX);
    if (trial >> CELL_FIRST_LOG2 == 0)
        return 0;
    uint32_t e = log2_floor(trial) - 5;
    return 1 + (size_t)(e - CELL_LOG2_MIN) * CELL_PER_DOUBLING +
           ((trial >> e) - CELL_PER_DOUBLING);
}

uint64_t cell_first(size_t cell)
{
    assert(cell <= CELLS_MAX);
    if (cell == 0)
        return 0;
    size_t e = (cell - 1) / CELL_PER_DOUBLING, m = (cell - 1) % CELL_PER_DOUBLING;
    return (m + CELL_PER_DOUBLING) << (e + CELL_LOG2_MIN);
}

uint32_t cell_lease_log2(uint64_t trial)
{
    return trial >> CELL_FIRST_LOG2 == 0 ? CELL_LOG2_MIN : log2_floor(trial) - 5;
}

/* ---- life ----------------------------------------------------------------------- */

static uint64_t row_tag(size_t share, bool verified)
{
    return (uint64_t)share << 1 | verified;
}

static size_t tag_share(uint64_t tag)
{
    return (size_t)(tag >> 1);
}

static bool tag_verified(uint64_t tag)
{
    return tag & 1;
}

void ledger_init(struct ledger *l, uint64_t limit)
{
    *l = (struct ledger){.limit = limit, .n_shares = 1};
    assert(limit > 0 && limit <= TRIALS_MAX);
    l->shares = mem_zero(1, sizeof(*l->shares));
    map_init(&l->share_of, 0);
    span_add(&l->free, (struct span){0, limit, 0, 0}, 0, UINT64_MAX);
}

void ledger_release(struct ledger *l)
{
    span_release(&l->rows);
    span_release(&l->pending);
    span_release(&l->flight);
    span_release(&l->free);
    span_release(&l->leased);
    map_release(&l->share_of);
    free(l->dirty);
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

/* ---- leasing -------------------------------------------------------------------- */

/* The lowest gap from *from on; where there is none, *from is 0. */
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

bool ledger_take(struct ledger *l, const struct wanted *w, struct taken *ret)
{
    struct span gap;
    uint64_t from = w->from;
    if (!next_gap(l, &from, &gap))
        return false;
    uint64_t first = gap.first;
    uint32_t log2 = (uint32_t)gap.tag;
    if (log2 == 0) {
        /* Only a gap that was never leased may be entered in its middle. */
        if (first < from)
            first = from;
        uint32_t widest = cell_lease_log2(first);
        log2 = w->log2 < widest ? w->log2 : widest;
        assert(log2 >= LEASE_LOG2_MIN);
    }
    uint64_t unit = UINT64_C(1) << log2;
    uint64_t leases = w->trials >> log2;
    if (leases > w->leases)
        leases = w->leases;
    if (leases == 0)
        leases = 1;
    uint64_t end = ((first >> log2) + leases) * unit;
    if (end > gap.end)
        end = gap.end;
    span_cut(&l->free, first, end);
    span_add(&l->leased, (struct span){first, end, w->grant, 0}, 0, UINT64_MAX);
    *ret = (struct taken){first, end - first, log2, gap.tag != 0};
    return true;
}

static void make_free(struct ledger *l, uint64_t first, uint64_t end, uint32_t log2)
{
    if (end > l->limit)
        end = l->limit;
    if (first >= end)
        return;
    /* Runs may merge only where a lease ends anyway, so that bounds are kept. */
    uint64_t mask = (UINT64_C(1) << log2) - 1;
    uint64_t floor = first & mask ? first : 0;
    uint64_t ceiling = end & mask ? end : UINT64_MAX;
    span_add(&l->free, (struct span){first, end, log2, 0}, floor, ceiling);
}

uint64_t ledger_give_back(struct ledger *l, uint64_t grant, uint64_t first,
                          uint64_t end, uint32_t log2)
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
            make_free(l, from, to, log2);
            sum += to - from;
        }
        first = to;
    }
    return sum;
}

bool ledger_adopt(struct ledger *l, uint64_t grant, uint64_t first, uint64_t end)
{
    if (span_overlap(&l->free, first, end) != end - first)
        return false;
    while (first < end) {
        const struct span *x = span_of(&l->free, first);
        uint64_t to = x->end < end ? x->end : end;
        span_cut(&l->free, first, to);
        span_add(&l->leased, (struct span){first, to, grant, 0}, 0, UINT64_MAX);
        first = to;
    }
    return true;
}

/* ---- results -------------------------------------------------------------------- */

enum fate ledger_fate(const struct ledger *l, uint64_t grant, uint64_t first,
                      uint64_t end)
{
    const struct span *own = span_of(&l->leased, first);
    if (own && own->tag == grant && own->end >= end)
        return FATE_GAP;
    uint64_t count = end - first;
    uint64_t gap =
        span_overlap(&l->free, first, end) + span_overlap(&l->leased, first, end);
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
                  uint64_t hits, size_t share, bool verified)
{
    size_t cell = cell_of(first);
    assert(first < end && end <= cell_first(cell + 1));
    assert(hits <= end - first && share > 0 && share < l->n_shares);
    const struct span *own = span_of(&l->leased, first);
    if (own && own->tag == grant && own->end >= end) {
        span_cut(&l->leased, first, end);
    } else {
        for (uint64_t at = first; at < end;) {
            const struct span *gap = span_of(&l->free, at);
            assert(gap);
            uint64_t to = gap->end < end ? gap->end : end;
            span_cut(&l->free, at, to);
            at = to;
        }
    }
    span_add(&l->pending, (struct span){first, end, row_tag(share, verified), hits},
             cell_first(cell), cell_first(cell + 1));
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

/* A record of the share is due with the next flush. */
static void share_changed(struct ledger *l, size_t share)
{
    if (l->shares[share].dirty)
        return;
    l->shares[share].dirty = true;
    if (l->n_dirty == l->dirty_capacity) {
        l->dirty_capacity = l->dirty_capacity ? 2 * l->dirty_capacity : 16;
        l->dirty = mem_resize(l->dirty, l->dirty_capacity, sizeof(*l->dirty));
    }
    l->dirty[l->n_dirty++] = share;
}

/* ---- rows and totals ------------------------------------------------------------ */

static void tally_add(struct tally *t, const struct span *x)
{
    t->done += x->end - x->first;
    t->hits += x->value;
    if (tag_verified(x->tag)) {
        t->verified_done += x->end - x->first;
        t->verified_hits += x->value;
    }
}

static void cells_reach(struct ledger *l, size_t cell)
{
    if (cell < l->n_cells)
        return;
    size_t n = 2 * l->n_cells > cell + 1 ? 2 * l->n_cells : cell + 1;
    l->cells = mem_resize(l->cells, n, sizeof(*l->cells));
    memset(l->cells + l->n_cells, 0, (n - l->n_cells) * sizeof(*l->cells));
    l->n_cells = n;
}

static void total_add(struct ledger *l, const struct span *x)
{
    if (x->first >= l->limit)
        return;
    assert(x->end <= l->limit);
    size_t cell = cell_of(x->first);
    cells_reach(l, cell);
    tally_add(&l->cells[cell], x);
    tally_add(&l->total, x);
}

/* Lets the prefix run over the rows that have joined it. */
static void prefix_advance(struct ledger *l)
{
    const struct span *x;
    while (l->prefix < l->limit && (x = span_of(&l->rows, l->prefix))) {
        /* The prefix's last row may have grown over its end. */
        uint64_t counted = x->first < l->prefix ? l->prefix_row : 0;
        l->prefix = x->end;
        l->prefix_hits += x->value - counted;
        l->prefix_row = x->value;
    }
}

uint64_t ledger_prefix_hits(const struct ledger *l, uint64_t end)
{
    uint64_t hits = 0;
    if (end == 0)
        return 0;
    size_t cell = cell_of(end - 1);
    for (size_t i = 0; i < cell; i++)
        hits += l->cells[i].hits;
    struct span_at at;
    span_find(&l->rows, cell_first(cell), &at);
    for (; span_valid(&l->rows, at); at = span_next(&l->rows, at)) {
        const struct span *x = span_get(&l->rows, at);
        if (x->first >= end)
            break;
        assert(x->end <= end);
        hits += x->value;
    }
    return hits;
}

void ledger_prefix_verified(const struct ledger *l, uint64_t *ret_end,
                            uint64_t *ret_hits)
{
    *ret_end = *ret_hits = 0;
    for (struct span_at at = span_begin(); span_valid(&l->rows, at);
         at = span_next(&l->rows, at)) {
        const struct span *x = span_get(&l->rows, at);
        if (x->first != *ret_end || !tag_verified(x->tag))
            return;
        *ret_end = x->end;
        *ret_hits += x->value;
    }
}

uint64_t ledger_surplus(const struct ledger *l)
{
    return l->rows.total - l->total.done;
}

bool ledger_complete(const struct ledger *l)
{
    return !l->hold && l->total.verified_done == l->limit;
}

/* ---- transactions --------------------------------------------------------------- */

static void sink_clear(uint64_t job, uint64_t first, uint64_t end, ledger_sink *sink,
                       void *ctx)
{
    sink(ctx, &(struct record){.type = RECORD_CLEAR,
                               .job = job,
                               .clear = {.first = first, .end = end}});
}

static void sink_row(const struct ledger *l, uint64_t job, const struct span *x,
                     ledger_sink *sink, void *ctx)
{
    sink(ctx, &(struct record){.type = RECORD_ROW,
                               .job = job,
                               .row = {.first = x->first,
                                       .count = x->end - x->first,
                                       .hits = x->value,
                                       .author = l->shares[tag_share(x->tag)].worker,
                                       .verified = tag_verified(x->tag)}});
}

/*
 * A cell that is complete and verified becomes one row without an author.  While the
 * job's end is not known only cells below the first hole do, so that surplus, which an
 * extension may cut, keeps its authors.
 */
static void settle(struct ledger *l, size_t cell, uint64_t job, ledger_sink *sink,
                   void *ctx)
{
    uint64_t first = cell_first(cell), end = cell_first(cell + 1);
    if (end > l->limit)
        end = l->limit;
    if (l->hold || first >= end || cell >= l->n_cells ||
        l->cells[cell].verified_done != end - first ||
        (l->limit == TRIALS_MAX && end > l->prefix))
        return;
    struct span_at at;
    bool found = span_find(&l->rows, first, &at);
    assert(found);
    const struct span *x = span_get(&l->rows, at);
    if (x->first == first && x->end == end && tag_share(x->tag) == 0)
        return;
    struct span row = {first, end, row_tag(0, true), l->cells[cell].hits};
    while (span_find(&l->rows, first, &at) && span_get(&l->rows, at)->first < end)
        span_erase(&l->rows, at);
    span_add(&l->rows, row, first, end);
    sink_clear(job, first, end, sink, ctx);
    sink_row(l, job, &row, sink, ctx);
}

/* Pending ranges become rows, merged with their neighbours. */
void ledger_flush(struct ledger *l, uint64_t job, ledger_sink *sink, void *ctx)
{
    for (struct span_at at = span_begin(); span_valid(&l->pending, at);
         at = span_next(&l->pending, at)) {
        struct span x = *span_get(&l->pending, at);
        size_t cell = cell_of(x.first);
        uint64_t ceiling = cell_first(cell + 1);
        if (ceiling > l->limit)
            ceiling = l->limit; /* no row grows into the surplus */
        struct span row = span_add(&l->rows, x, cell_first(cell), ceiling);
        total_add(l, &x);
        struct share *s = &l->shares[tag_share(x.tag)];
        s->trials += x.end - x.first;
        s->hits += x.value;
        share_changed(l, tag_share(x.tag));
        if (row.first != x.first || row.end != x.end)
            sink_clear(job, row.first, row.end, sink, ctx);
        sink_row(l, job, &row, sink, ctx);
    }
    prefix_advance(l);
    struct span_set empty = l->flight;
    l->flight = l->pending;
    l->pending = empty;
}

static void flush_shares(struct ledger *l, uint64_t job, ledger_sink *sink, void *ctx)
{
    for (size_t i = 0; i < l->n_dirty; i++) {
        struct share *s = &l->shares[l->dirty[i]];
        struct record r = {.type = RECORD_SHARE,
                           .job = job,
                           .share = {s->worker, s->trials, s->hits, ""}};
        memcpy(r.share.name, s->name, sizeof(r.share.name));
        sink(ctx, &r);
        s->dirty = false;
    }
    l->n_dirty = 0;
}

void ledger_settle(struct ledger *l, uint64_t job, ledger_sink *sink, void *ctx)
{
    /* Where the end is not known, the prefix may have run over cells that were
     * complete long before. */
    if (l->settle_all || l->limit == TRIALS_MAX) {
        for (size_t i = l->settle_all ? 0 : l->settled; i < l->n_cells; i++)
            settle(l, i, job, sink, ctx);
        l->settled = l->prefix ? cell_of(l->prefix - 1) : 0;
        l->settle_all = l->hold;
    }
    size_t last = SIZE_MAX;
    for (struct span_at at = span_begin(); span_valid(&l->flight, at);
         at = span_next(&l->flight, at)) {
        size_t cell = cell_of(span_get(&l->flight, at)->first);
        if (cell != last)
            settle(l, cell, job, sink, ctx);
        last = cell;
    }
    flush_shares(l, job, sink, ctx);
}

void ledger_hold(struct ledger *l, bool hold)
{
    l->hold = hold;
    l->settle_all = true;
}

void ledger_durable(struct ledger *l)
{
    span_clear(&l->flight);
}

uint64_t ledger_forget_pending(struct ledger *l, uint64_t worker)
{
    size_t share = (size_t)(uintptr_t)map_get(&l->share_of, worker);
    uint64_t sum = 0;
    if (share == 0)
        return 0;
    for (struct span_at at = span_begin(); span_valid(&l->pending, at);) {
        struct span x = *span_get(&l->pending, at);
        if (tag_share(x.tag) != share) {
            at = span_next(&l->pending, at);
            continue;
        }
        span_erase(&l->pending, at);
        make_free(l, x.first, x.end, 0);
        sum += x.end - x.first;
        span_find(&l->pending, x.end, &at);
    }
    return sum;
}

/* Computes totals, cells and prefix from the rows. */
static void recount(struct ledger *l)
{
    l->total = (struct tally){0};
    if (l->n_cells)
        memset(l->cells, 0, l->n_cells * sizeof(*l->cells));
    for (struct span_at at = span_begin(); span_valid(&l->rows, at);
         at = span_next(&l->rows, at))
        total_add(l, span_get(&l->rows, at));
    l->prefix = l->prefix_hits = l->prefix_row = 0;
    prefix_advance(l);
}

void ledger_revoke(struct ledger *l, uint64_t worker, uint64_t job, ledger_sink *sink,
                   void *ctx, struct tally *ret)
{
    size_t share = (size_t)(uintptr_t)map_get(&l->share_of, worker);
    if (share == 0)
        return;
    struct span_at at = span_begin();
    struct tally before = *ret;
    while (span_valid(&l->rows, at)) {
        struct span x = *span_get(&l->rows, at);
        if (tag_share(x.tag) != share) {
            at = span_next(&l->rows, at);
            continue;
        }
        span_erase(&l->rows, at);
        sink_clear(job, x.first, x.end, sink, ctx);
        make_free(l, x.first, x.end, 0);
        tally_add(ret, &x);
        span_find(&l->rows, x.end, &at);
    }
    struct share *s = &l->shares[share];
    s->trials -= ret->done - before.done;
    s->hits -= ret->hits - before.hits;
    share_changed(l, share);
    recount(l);
}

/* Frees what is in no row; nothing may be pending or leased. */
static void free_gaps(struct ledger *l)
{
    assert(l->pending.n == 0 && l->leased.n == 0);
    span_clear(&l->free);
    uint64_t from = 0;
    for (struct span_at at = span_begin(); span_valid(&l->rows, at);
         at = span_next(&l->rows, at)) {
        const struct span *x = span_get(&l->rows, at);
        make_free(l, from, x->first, 0);
        from = x->end;
    }
    make_free(l, from, l->limit, 0);
}

void ledger_set_limit(struct ledger *l, uint64_t limit, uint64_t job, ledger_sink *sink,
                      void *ctx)
{
    assert(limit > 0 && limit <= TRIALS_MAX);
    const struct span *x = limit < TRIALS_MAX ? span_of(&l->rows, limit) : NULL;
    if (x && x->first < limit) {
        struct span row = *x;
        struct span_at at;
        span_find(&l->rows, row.first, &at);
        span_erase(&l->rows, at);
        size_t share = tag_share(row.tag);
        if (share != 0) {
            l->shares[share].trials -= row.end - row.first;
            l->shares[share].hits -= row.value;
            share_changed(l, share);
        }
        sink_clear(job, row.first, row.end, sink, ctx);
    }
    l->limit = limit;
    recount(l);
    l->settle_all = true; /* the limit, or what is below it now, may complete cells */
    free_gaps(l);
}

void ledger_close(struct ledger *l)
{
    span_clear(&l->free);
    span_clear(&l->leased);
}

/* ---- an earlier life ------------------------------------------------------------ */

int ledger_restore_row(struct ledger *l, const struct row_record *r)
{
    uint64_t end;
    if (r->count == 0 || r->hits > r->count ||
        __builtin_add_overflow(r->first, r->count, &end) || end > TRIALS_MAX ||
        end > cell_first(cell_of(r->first) + 1) ||
        (r->first < l->limit && end > l->limit) ||
        span_overlap(&l->rows, r->first, end))
        return -EBADMSG;
    size_t share = r->author ? ledger_share(l, r->author, "") : 0;
    struct span x = {r->first, end, row_tag(share, r->verified), r->hits};
    span_add(&l->rows, x, x.first, x.end);
    return 0;
}

void ledger_restore_share(struct ledger *l, const struct share_record *r)
{
    size_t share = ledger_share(l, r->worker, r->name); /* may move the shares */
    struct share *s = &l->shares[share];
    s->trials = r->trials;
    s->hits = r->hits;
    memcpy(s->name, r->name, sizeof(s->name));
}

void ledger_restored(struct ledger *l)
{
    recount(l);
    free_gaps(l);
}

/* ---- for tests ------------------------------------------------------------------ */

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
        assert(!span_overlap(&l->free, x->first, x->end));
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
    assert(l->prefix_hits == ledger_prefix_hits(l, l->prefix));
    assert(l->free.n + l->leased.n == 0 ||
           counted + l->pending.total + l->free.total + l->leased.total == l->limit);
}
