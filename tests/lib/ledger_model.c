// SPDX-License-Identifier: MIT
#include "tests/lib/ledger_model.h"

#include <string.h>

#include "server/core/ledger_commit.h"
#include "server/core/rows.h"

struct model model_new(uint64_t limit)
{
    struct model m = {.limit = limit};
    for (uint64_t i = limit; i < UNITS; i++)
        m.at[i].state = UNIT_UNWANTED;
    return m;
}

/* Whether a checkpoint is at the start of the unit: m * 2^e, 32 <= m < 64, e >= 16. */
static bool unit_checkpoint(uint64_t unit)
{
    uint64_t step = 1;
    if (unit == 0)
        return true;
    if (unit < 32)
        return false;
    while (unit / step >= 64)
        step *= 2;
    return unit % step == 0;
}

uint64_t unit_cell_end(uint64_t unit)
{
    do
        unit++;
    while (!unit_checkpoint(unit));
    return unit;
}

uint64_t model_count(const struct model *m, uint64_t first, uint64_t end,
                     enum unit_state state)
{
    uint64_t n = 0;
    for (uint64_t i = first; i < end; i++)
        n += m->at[i].state == state;
    return n;
}

void model_free(struct model *m, uint64_t i, uint64_t lease_first, uint64_t lease_end)
{
    m->at[i] = (struct unit){.state = i < m->limit ? UNIT_FREE : UNIT_UNWANTED,
                             .lease_first = lease_first,
                             .lease_end = lease_end};
}

bool model_all_owned(const struct model *m, uint64_t grant, uint64_t first,
                     uint64_t end)
{
    for (uint64_t i = first; i < end; i++)
        if (m->at[i].state != UNIT_LEASED || m->at[i].grant != grant)
            return false;
    return true;
}

enum fate model_fate(const struct model *m, uint64_t first, uint64_t end)
{
    uint64_t n = end - first, rows = 0, flight = 0;
    if (model_count(m, first, end, UNIT_FREE) +
            model_count(m, first, end, UNIT_LEASED) ==
        n)
        return FATE_GAP;
    for (uint64_t i = first; i < end; i++) {
        rows += m->at[i].state == UNIT_ROW;
        flight += m->at[i].flight;
    }
    if (flight || model_count(m, first, end, UNIT_PENDING))
        return FATE_WAIT;
    return rows == n ? FATE_COVERED : FATE_PARTIAL;
}

void model_flush(struct model *m)
{
    for (uint64_t i = 0; i < m->limit; i++)
        if (m->at[i].state == UNIT_PENDING) {
            m->at[i].state = UNIT_ROW;
            m->at[i].flight = true;
        }
}

void model_durable(struct model *m)
{
    for (uint64_t i = 0; i < UNITS; i++)
        m->at[i].flight = false;
}

void model_set_limit(struct model *m, uint64_t limit, uint64_t cut_first,
                     uint64_t cut_end)
{
    m->limit = limit;
    m->open = false;
    for (uint64_t i = cut_first; i < cut_end; i++)
        m->at[i].state = UNIT_UNWANTED;
    for (uint64_t i = 0; i < UNITS; i++)
        if (m->at[i].state != UNIT_ROW)
            model_free(m, i, 0, 0);
}

uint64_t unit_hits(uint64_t unit)
{
    return 51000 + rng_mix(unit) % 900;
}

/* ---- comparison with the ledger ---- */

static struct tally model_tally(const struct model *m, uint64_t first, uint64_t end)
{
    struct tally t = {0};
    for (uint64_t i = first; i < end; i++)
        if (m->at[i].state == UNIT_ROW) {
            t.done += UNIT;
            t.hits += m->at[i].hits;
            t.verified_done += m->at[i].verified ? UNIT : 0;
            t.verified_hits += m->at[i].verified ? m->at[i].hits : 0;
        }
    return t;
}

static void compare_unit(const struct model *m, const struct ledger *l, uint64_t i)
{
    const struct unit *u = &m->at[i];
    uint64_t t = i * UNIT;
    HOLDS(!span_of(&l->free, t) == (u->state != UNIT_FREE));
    HOLDS(!span_of(&l->pending, t) == (u->state != UNIT_PENDING));
    HOLDS(!span_of(&l->flight, t) == !u->flight);
    const struct span *leased = span_of(&l->leased, t), *row = span_of(&l->rows, t);
    HOLDS(!leased == (u->state != UNIT_LEASED));
    HOLDS(!row == (u->state != UNIT_ROW));
    if (leased)
        HOLDS(leased->tag == u->grant);
    if (row) {
        HOLDS(l->shares[tag_share(row->tag)].worker == u->worker);
        HOLDS(tag_verified(row->tag) == u->verified);
    }
}

void compare_disk(const struct ledger *l, const struct disk *d)
{
    HOLDS(disk_count(d, RECORD_ROW, THE_JOB) == l->rows.n);
    for (struct span_at at = span_begin(); span_valid(&l->rows, at);
         at = span_next(&l->rows, at)) {
        const struct span *x = span_get(&l->rows, at);
        const struct row_record *r = disk_row_at(d, THE_JOB, x->first);
        HOLDS(r && r->count == x->end - x->first && r->hits == x->value);
        HOLDS(r->author == l->shares[tag_share(x->tag)].worker);
        HOLDS(r->verified == tag_verified(x->tag));
        HOLDS(r->doubtful == (tag_state(x->tag) == ROW_DOUBTFUL));
        uint64_t hits = 0;
        for (uint64_t t = x->first; t < x->end; t += UNIT)
            hits += unit_hits(t / UNIT);
        HOLDS(hits == x->value);
    }
    for (size_t i = 0; i < d->n; i++)
        if (d->at[i].type == RECORD_SHARE) {
            const struct share_record *r = &d->at[i].share;
            size_t at = (size_t)(uintptr_t)map_get(&l->share_of, r->worker);
            HOLDS(at && l->shares[at].trials == r->trials &&
                  l->shares[at].hits == r->hits);
        }
}

static void compare_prefix(const struct model *m, const struct ledger *l)
{
    uint64_t end = 0, verified = 0, got, hits;
    while (end < m->limit && m->at[end].state == UNIT_ROW)
        end++;
    while (verified < UNITS && m->at[verified].state == UNIT_ROW &&
           m->at[verified].verified)
        verified++;
    HOLDS(l->prefix == end * UNIT);
    HOLDS(l->prefix_hits == model_tally(m, 0, end).hits);
    ledger_prefix_verified(l, UINT64_MAX, &got, &hits);
    HOLDS(got == verified * UNIT && hits == model_tally(m, 0, verified).hits);
}

void compare_all(const struct model *m, const struct ledger *l)
{
    ledger_check(l);
    for (uint64_t i = 0; i < UNITS; i++)
        compare_unit(m, l, i);
    struct tally t = model_tally(m, 0, m->limit);
    HOLDS(!memcmp(&t, &l->total, sizeof(t)));
    for (uint64_t first = 0; first < m->limit; first = unit_cell_end(first)) {
        uint64_t end = unit_cell_end(first);
        size_t cell = cell_of(first * UNIT);
        t = model_tally(m, first, end < m->limit ? end : m->limit);
        HOLDS(cell < l->n_cells ? !memcmp(&t, &l->cells[cell], sizeof(t)) : !t.done);
    }
    HOLDS(ledger_surplus(l) == model_count(m, m->limit, UNITS, UNIT_ROW) * UNIT);
    HOLDS(ledger_complete(l) == (!m->hold && l->total.verified_done == l->limit));
    HOLDS(m->open || l->limit == m->limit * UNIT);
    compare_prefix(m, l);
}
