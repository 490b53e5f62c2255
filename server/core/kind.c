// SPDX-License-Identifier: MIT
#include "server/core/kind.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRAMS_KNOWN = 1000 /* names that an operator may use */ };

static void own_programs(struct coord *c)
{
    for (size_t i = 0; i < c->config.n_programs; i++) {
        const struct coord_program *x = &c->config.programs[i];
        struct program *p = program_of(c, x->name);
        double speed = x->rate * PROGRAM_SPEED_ONE;
        p->own = true;
        p->test = x->test;
        p->speed = speed >= 1 ? (uint64_t)speed : 1;
    }
}

void kind_init(struct coord *c)
{
    struct program *pi = program_of(c, "");
    pi->own = true;
    c->kinds.all[0] = (struct kind){.program = pi, .test_known = true};
    c->kinds.n = 1;
    own_programs(c);
}

void kind_release(struct coord *c)
{
    for (size_t i = 0; i < c->kinds.programs.n; i++)
        free(c->kinds.programs.items[i]);
    free(c->kinds.programs.items);
}

struct program *program_find(const struct coord *c, const char *name)
{
    for (size_t i = 0; i < c->kinds.programs.n; i++)
        if (!strcmp(c->kinds.programs.items[i]->name, name))
            return c->kinds.programs.items[i];
    return NULL;
}

struct program *program_of(struct coord *c, const char *name)
{
    struct program *p = program_find(c, name);
    if (p || c->kinds.programs.n == PROGRAMS_KNOWN)
        return p;
    p = mem_zero(1, sizeof(*p));
    assert(strlen(name) < sizeof(p->name));
    memcpy(p->name, name, strlen(name));
    for (enum line_kind kind = LINE_BUDGET; kind <= LINE_EXEMPT; kind++) {
        ring_init(&p->turns[kind].turn);
        ring_init(&p->turns[kind].lines);
    }
    *VEC_PUSH(&c->kinds.programs) = p;
    return p;
}

static bool same(const struct kind *k, const struct program *p, bool test_known,
                 uint64_t test)
{
    return k->program == p && k->test_known == test_known &&
           (!test_known || k->test == test);
}

struct kind *kind_of(struct coord *c, struct program *p, bool test_known, uint64_t test)
{
    struct kind *spare = NULL;
    if (program_is_pi(p))
        return &c->kinds.all[0];
    for (size_t i = 1; i < c->kinds.n; i++) {
        struct kind *k = &c->kinds.all[i];
        if (same(k, p, test_known, test))
            return k;
        if (k->jobs == 0)
            spare = k;
    }
    if (c->kinds.n < KINDS_MAX)
        spare = &c->kinds.all[c->kinds.n++];
    if (!spare)
        return NULL;
    spare->program = p;
    spare->test_known = test_known;
    spare->test = test_known ? test : 0;
    c->kinds.changed = true; /* workers may compute others now */
    return spare;
}

void kind_hold(struct kind *k)
{
    k->jobs++;
    k->program->open++;
}

void kind_drop(struct kind *k)
{
    assert(k->jobs > 0 && k->program->open > 0);
    k->jobs--;
    k->program->open--;
}

const struct offer *kind_offer(const struct worker *w, const struct program *p)
{
    for (uint32_t i = 0; i < w->n_offers; i++)
        if (!strcmp(w->offers[i].name, p->name))
            return &w->offers[i];
    return NULL;
}

uint64_t kinds_offered(const struct coord *c, const struct worker *w)
{
    uint64_t set = 1;
    for (size_t i = 1; w->n_offers > 0 && i < c->kinds.n; i++) {
        const struct kind *k = &c->kinds.all[i];
        const struct offer *o = k->test_known ? kind_offer(w, k->program) : NULL;
        if (o && o->test == k->test)
            set |= UINT64_C(1) << i;
    }
    return set;
}

uint64_t kind_expected_rate(const struct worker *w, const struct program *p)
{
    const struct offer *o = program_is_pi(p) ? NULL : kind_offer(w, p);
    double rate = o ? o->rate * (double)(1 << UNIT_LOG2) : 0;
    return rate < 1 ? 0 : rate < (double)TRIALS_MAX ? (uint64_t)rate : TRIALS_MAX;
}

bool kind_here(const struct job *j)
{
    const struct program *p = j->program;
    return program_is_pi(p) || (p->own && j->of.test_known && p->test == j->of.test);
}

bool kind_own(const struct coord *c, const struct job *j)
{
    return kind_here(j) && c->clock.now_ms >= j->program->failed_ms;
}
