// SPDX-License-Identifier: MIT
/*
 * Rows: what is counted, how a transaction changes it, and how it is restored from a
 * store. Leasing and results are in ledger.c, exclusions in ledger_revoke.c.
 */
#include "server/core/ledger_commit.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "server/core/rows.h"

enum { CELL_ROWS = 128 };

/* ---- rows and totals ---- */

static void cells_reach(struct ledger *l, size_t cell)
{
    if (cell < l->n_cells)
        return;
    assert(cell < CELLS_MAX);
    size_t n = 2 * l->n_cells > cell + 1 ? 2 * l->n_cells : cell + 1;
    if (n > CELLS_MAX)
        n = CELLS_MAX;
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

/* Extends the prefix over the rows that adjoin it. */
static void prefix_advance(struct ledger *l)
{
    const struct span *x;
    while (l->prefix < l->limit && (x = span_of(&l->rows, l->prefix))) {
        /* the last row of the prefix may have grown beyond the prefix */
        uint64_t counted = x->first < l->prefix ? l->prefix_row : 0;
        l->prefix = x->end;
        l->prefix_hits += x->value - counted;
        l->prefix_row = x->value;
    }
}

void ledger_prefix_verified(const struct ledger *l, uint64_t end, uint64_t *ret_end,
                            uint64_t *ret_hits)
{
    struct span_at at;
    *ret_end = *ret_hits = 0;
    for (size_t cell = 0; cell < l->n_cells && cell_first(cell + 1) <= end; cell++) {
        uint64_t width = cell_first(cell + 1) - cell_first(cell);
        if (l->cells[cell].verified_done < width)
            break; /* the rows tell how far it goes */
        *ret_end = cell_first(cell + 1);
        *ret_hits += l->cells[cell].hits;
    }
    for (span_find(&l->rows, *ret_end, &at); span_valid(&l->rows, at);
         at = span_next(&l->rows, at)) {
        const struct span *x = span_get(&l->rows, at);
        if (x->first != *ret_end || x->first >= end || !tag_verified(x->tag))
            return;
        *ret_end = x->end;
        *ret_hits += x->value;
    }
}

uint64_t ledger_surplus(const struct ledger *l)
{
    return l->rows.total - l->total.done;
}

/* The lowest row from *from on that is wanted. */
static bool next_row(const struct ledger *l, uint64_t *from, bool (*wanted)(uint64_t),
                     struct row_record *ret)
{
    struct span_at at;
    for (span_find(&l->rows, *from, &at); span_valid(&l->rows, at);
         at = span_next(&l->rows, at)) {
        const struct span *x = span_get(&l->rows, at);
        if (x->first < *from || !wanted(x->tag))
            continue;
        *from = x->end;
        *ret = (struct row_record){.first = x->first,
                                   .count = x->end - x->first,
                                   .hits = x->value,
                                   .author = l->shares[tag_share(x->tag)].worker,
                                   .verified = tag_verified(x->tag)};
        return true;
    }
    return false;
}

static bool provisional(uint64_t tag)
{
    return tag_state(tag) == ROW_PROVISIONAL;
}

static bool authored(uint64_t tag)
{
    return tag_share(tag) != 0 && tag_state(tag) != ROW_WHOLE;
}

bool ledger_next_provisional(const struct ledger *l, uint64_t *from,
                             struct row_record *ret)
{
    return next_row(l, from, provisional, ret);
}

bool ledger_next_authored(const struct ledger *l, uint64_t *from,
                          struct row_record *ret)
{
    return next_row(l, from, authored, ret);
}

bool ledger_complete(const struct ledger *l)
{
    return !l->hold && l->total.verified_done == l->limit;
}

/* ---- rows of a cell ---- */

static bool cell_complete(const struct ledger *l, size_t cell)
{
    uint64_t first = cell_first(cell), end = cell_first(cell + 1);
    if (end > l->limit)
        end = l->limit;
    return first < end && cell < l->n_cells &&
           l->cells[cell].verified_done == end - first;
}

/* The rows of [first, end) become one without an author. */
static void forget_authors(struct ledger *l, uint64_t first, uint64_t end,
                           struct record_list *to)
{
    struct span row = {first, end, row_tag(0, ROW_VERIFIED), 0};
    struct span_at at;
    for (span_find(&l->rows, first, &at); span_valid(&l->rows, at);
         at = span_next(&l->rows, at)) {
        const struct span *x = span_get(&l->rows, at);
        if (x->first >= end)
            break;
        row.value += x->value;
    }
    span_erase_range(&l->rows, first, end);
    row = row_merge(&l->rows, row, l->limit);
    if (row.first < l->prefix && row.end >= l->prefix)
        l->prefix_row = row.value;
    record_clear(l, row.first, row.end, to);
    record_row(l, &row, to);
}

/* The end of the run of rows narrower than `width` that begins there, or of the one row
 * that is not. */
static uint64_t run_end(const struct ledger *l, uint64_t first, uint64_t end,
                        uint64_t width)
{
    struct span_at at;
    uint64_t to = first;
    for (span_find(&l->rows, first, &at); span_valid(&l->rows, at) && to < end;
         at = span_next(&l->rows, at)) {
        const struct span *x = span_get(&l->rows, at);
        bool wide = x->end - x->first >= width;
        if (!wide || to == first)
            to = x->end;
        if (wide)
            break;
    }
    return to;
}

/* How many rows [first, end) has once each run of rows narrower than `width` is one;
 * with `to` they are made one. */
static size_t thin_rows(struct ledger *l, uint64_t first, uint64_t end, uint64_t width,
                        struct record_list *to)
{
    size_t n = 0;
    for (uint64_t run; first < end; first = run, n++) {
        run = run_end(l, first, end, width);
        if (to && span_of(&l->rows, first)->end < run)
            forget_authors(l, first, run, to);
    }
    return n;
}

static bool all_trusted(const struct ledger *l, uint64_t first, uint64_t end)
{
    struct span_at at;
    for (span_find(&l->rows, first, &at); span_valid(&l->rows, at);
         at = span_next(&l->rows, at)) {
        const struct span *x = span_get(&l->rows, at);
        if (x->first >= end)
            break;
        size_t share = tag_share(x->tag);
        if (share != 0 && !l->shares[share].trusted)
            return false;
    }
    return true;
}

/*
 * A cell that is complete and verified keeps its authors, in at most CELL_ROWS rows: of
 * more, the narrowest lose theirs where they are neighbours.  Once the job has ended,
 * and is not in doubt, a cell of trusted authors is one row.
 */
static void settle_cell(struct ledger *l, size_t cell, struct record_list *to)
{
    uint64_t first = cell_first(cell), end = cell_first(cell + 1);
    uint64_t width = 1;
    if (end > l->limit)
        end = l->limit;
    if (l->hold || !cell_complete(l, cell) || l->cells[cell].doubtful)
        return;
    if (l->ended && l->total.doubtful == 0 && all_trusted(l, first, end))
        width = UINT64_MAX;
    while (thin_rows(l, first, end, width, NULL) > CELL_ROWS)
        width *= 2;
    if (width > 1)
        (void)thin_rows(l, first, end, width, to);
}

/* ---- transactions ---- */

void ledger_flush(struct ledger *l, struct record_list *to)
{
    for (struct span_at at = span_begin(); span_valid(&l->pending, at);
         at = span_next(&l->pending, at)) {
        struct span x = *span_get(&l->pending, at);
        struct span row = row_merge(&l->rows, x, l->limit); /* not into the surplus */
        total_add(l, &x);
        struct share *s = &l->shares[tag_share(x.tag)];
        s->trials += x.end - x.first;
        s->hits += x.value;
        share_changed(l, tag_share(x.tag));
        if (row.first != x.first || row.end != x.end)
            record_clear(l, row.first, row.end, to);
        record_row(l, &row, to);
    }
    prefix_advance(l);
    struct span_set empty = l->flight;
    l->flight = l->pending;
    l->pending = empty;
}

/* Marks the row verified. */
static void verify_row(struct ledger *l, struct span_at at, struct record_list *to)
{
    struct span x = *span_get(&l->rows, at);
    size_t number = cell_of(x.first);
    (void)row_retag(l, at, ROW_VERIFIED, to);
    if (x.first >= l->limit)
        return;
    if (l->verified.n == 0 || l->verified.items[l->verified.n - 1] != number)
        *VEC_PUSH(&l->verified) = number;
    struct tally *cell = &l->cells[number];
    cell->verified_done += x.end - x.first;
    cell->verified_hits += x.value;
    l->total.verified_done += x.end - x.first;
    l->total.verified_hits += x.value;
}

void ledger_pass(struct ledger *l, size_t share, uint64_t first, uint64_t end,
                 struct record_list *to)
{
    struct span_at at;
    if (!span_find(&l->rows, first, &at))
        return;
    const struct span *x = span_get(&l->rows, at);
    if (x->first == first && x->end == end && x->tag == row_tag(share, ROW_WHOLE))
        verify_row(l, at, to);
}

void ledger_vouch(struct ledger *l, size_t share, struct record_list *to)
{
    struct span_at at;
    uint64_t tag = row_tag(share, ROW_PROVISIONAL);
    bool any = l->shares[share].provisional &&
               span_find(&l->rows, l->shares[share].provisional_from, &at);
    while (any && span_valid(&l->rows, at)) {
        struct span x = *span_get(&l->rows, at);
        if (x.tag != tag) {
            at = span_next(&l->rows, at);
            continue;
        }
        verify_row(l, at, to);
        if (!span_find(&l->rows, x.end, &at))
            break;
    }
    l->shares[share].provisional = false;
}

static void flush_shares(struct ledger *l, struct record_list *to)
{
    for (size_t i = 0; i < l->dirty.n; i++) {
        struct share *s = &l->shares[l->dirty.items[i]];
        struct share_record *r = &record_add(to, RECORD_SHARE, l->job)->share;
        r->worker = s->worker;
        r->trials = s->trials;
        r->hits = s->hits;
        memcpy(r->name, s->name, sizeof(r->name));
        s->dirty = false;
    }
    l->dirty.n = 0;
}

void ledger_settle(struct ledger *l, struct record_list *to)
{
    bool open = l->limit == TRIALS_MAX;
    size_t last = SIZE_MAX;
    /* While the end is unknown, only cells below the first unverified one may lose
     * authors.  Rows beyond it may become surplus, which keeps them because an
     * extension may cut it. */
    for (; open && !l->hold && cell_complete(l, l->settled); l->settled++)
        settle_cell(l, l->settled, to);
    for (size_t i = 0; !open && l->settle_all && i < l->n_cells; i++)
        settle_cell(l, i, to);
    for (size_t i = 0; !open && i < l->verified.n; i++)
        settle_cell(l, l->verified.items[i], to);
    l->verified.n = 0;
    l->settle_all = l->hold;
    for (struct span_at at = span_begin(); !open && span_valid(&l->flight, at);
         at = span_next(&l->flight, at)) {
        size_t cell = cell_of(span_get(&l->flight, at)->first);
        if (cell != last)
            settle_cell(l, cell, to);
        last = cell;
    }
    flush_shares(l, to);
}

void ledger_hold(struct ledger *l, bool hold)
{
    l->settle_all |= hold != l->hold;
    l->hold = hold;
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
        ledger_free(l, x.first, x.end, 0);
        sum += x.end - x.first;
        span_find(&l->pending, x.end, &at);
    }
    return sum;
}

void ledger_recount(struct ledger *l)
{
    l->total = (struct tally){0};
    l->settled = 0;
    if (l->n_cells)
        memset(l->cells, 0, l->n_cells * sizeof(*l->cells));
    for (struct span_at at = span_begin(); span_valid(&l->rows, at);
         at = span_next(&l->rows, at))
        total_add(l, span_get(&l->rows, at));
    l->prefix = l->prefix_hits = l->prefix_row = 0;
    prefix_advance(l);
}

/* Frees all ranges without a row; nothing may be pending or leased. */
static void free_gaps(struct ledger *l)
{
    assert(l->pending.n == 0 && l->leased.n == 0);
    span_clear(&l->free);
    span_clear(&l->dealt);
    map_release(&l->slots);
    uint64_t from = 0;
    for (struct span_at at = span_begin(); span_valid(&l->rows, at);
         at = span_next(&l->rows, at)) {
        const struct span *x = span_get(&l->rows, at);
        ledger_free(l, from, x->first, 0);
        from = x->end;
    }
    ledger_free(l, from, l->limit, 0);
}

void ledger_set_limit(struct ledger *l, uint64_t limit, struct record_list *to)
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
        record_clear(l, row.first, row.end, to);
    }
    l->limit = limit;
    l->ended = false;
    ledger_recount(l);
    l->settle_all = true; /* the limit, or rows now below it, may complete cells */
    free_gaps(l);
}

/* ---- restoring ---- */

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
    enum row_state state = r->doubtful   ? ROW_DOUBTFUL
                           : r->verified ? ROW_VERIFIED
                                         : ROW_PROVISIONAL;
    struct span x = {r->first, end, row_tag(share, state), r->hits};
    span_add(&l->rows, x, x.first, x.end);
    if (!r->verified)
        share_provisional(l, share, r->first);
    return 0;
}

bool ledger_await(struct ledger *l, uint64_t first, uint64_t end)
{
    struct span_at at;
    if (!span_find(&l->rows, first, &at))
        return false;
    struct span x = *span_get(&l->rows, at);
    if (x.first != first || x.end != end || tag_verified(x.tag))
        return false;
    span_erase(&l->rows, at);
    x.tag = row_tag(tag_share(x.tag), ROW_WHOLE);
    row_merge(&l->rows, x, UINT64_MAX);
    return true;
}

void ledger_restore_share(struct ledger *l, const struct share_record *r)
{
    size_t share = ledger_share(l, r->worker, r->name); /* may move the shares */
    struct share *s = &l->shares[share];
    s->trials = s->said_trials = r->trials;
    s->hits = s->said_hits = r->hits;
    memcpy(s->name, r->name, sizeof(s->name));
}

void ledger_restored(struct ledger *l)
{
    ledger_recount(l);
    free_gaps(l);
}
