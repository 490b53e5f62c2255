// SPDX-License-Identifier: MIT
#include "server/core/program.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "server/core/effects.h"
#include "server/core/job.h"
#include "server/core/kind.h"
#include "server/core/ready.h"
#include "server/core/standing.h"

enum { NAMES_SHOWN = 3, GROUPS = 4 };

/* ---- who has it ---- */

static const struct offer *offer_of(const struct worker *w, const struct program *p)
{
    return w->conn ? kind_offer(w, p) : NULL;
}

/* Workers whose self-tests gave the same. */
struct group {
    uint64_t test;
    uint32_t workers, trusted;
    const char *names;
};

/* Groups of the workers that are here, by their tests.  Returns how many there are, of
 * which the first GROUPS are shown. */
static size_t group_workers(const struct coord *c, const struct program *p,
                            struct arena *memory, struct group ret[GROUPS])
{
    size_t n = 0;
    for (size_t i = 0; i < c->fleet.workers.n; i++) {
        const struct worker *w = c->fleet.workers.items[i];
        const struct offer *o = offer_of(w, p);
        if (!o)
            continue;
        size_t at = 0;
        while (at < n && ret[at].test != o->test)
            at++;
        if (at == GROUPS)
            return n + 1;
        if (at == n)
            ret[n++] = (struct group){.test = o->test, .names = ""};
        struct group *g = &ret[at];
        g->trusted += standing_believed(w->standing);
        if (++g->workers <= NAMES_SHOWN)
            g->names = arena_printf(memory, "%s%s%s", g->names, *g->names ? ", " : "",
                                    w->name);
        else if (g->workers == NAMES_SHOWN + 1)
            g->names = arena_printf(memory, "%s, ..", g->names);
    }
    return n;
}

/* That of picoord's own program, of the trusted workers, or of all of them, if they
 * agree. */
static bool find_test(const struct program *p, const struct group *g, size_t n,
                      uint64_t *ret)
{
    size_t trusted = 0, at = 0;
    for (size_t i = 0; i < n && i < GROUPS; i++)
        if (g[i].trusted > 0) {
            trusted++;
            at = i;
        }
    if (!p->own && !(n <= GROUPS && (trusted == 1 || (trusted == 0 && n == 1))))
        return false;
    *ret = p->own ? p->test : g[at].test;
    return true;
}

static const char *disagree(const struct program *p, const struct group *g, size_t n,
                            struct arena *memory)
{
    const char *text = arena_printf(memory, "workers disagree on '%s': test", p->name);
    for (size_t i = 0; i < n && i < 2; i++)
        text = arena_printf(memory, "%s%s %016" PRIx64 " (%s)", text, i ? "," : "",
                            g[i].test, g[i].names);
    return text;
}

/* ---- a submission ---- */

/* picoord, or a trusted worker that is here, has the program with that test. */
static bool can_audit(const struct coord *c, const struct program *p,
                      const struct program_record *of)
{
    if (p->own && of->test_known && p->test == of->test)
        return true;
    for (size_t i = 0; i < c->fleet.workers.n; i++) {
        const struct worker *w = c->fleet.workers.items[i];
        const struct offer *o = offer_of(w, p);
        if (o && of->test_known && o->test == of->test &&
            standing_believed(w->standing))
            return true;
    }
    return false;
}

static const char *not_checked(const struct coord *c, const struct program *p,
                               struct arena *memory, const char **ret_hint)
{
    (void)c;
    *ret_hint = arena_printf(
        memory, "start picoord with --offer %s=COMMAND, or submit with --audit none",
        p->name);
    return arena_printf(memory,
                        p->own ? "picoord has another '%s', so nothing could be checked"
                               : "picoord has no program '%s', so nothing could be "
                                 "checked",
                        p->name);
}

const char *program_submit(struct coord *c, const struct msg_submit *s,
                           enum audit_policy audit, struct program_record *ret,
                           const char **ret_hint)
{
    struct arena *memory = &c->out.arena;
    struct group groups[GROUPS];
    struct program *p = program_of(c, s->program);
    *ret_hint = "";
    *ret = (struct program_record){.scale = s->scale > 0 ? s->scale
                                                         : scale_usual(s->program),
                                   .score = s->score,
                                   .test_known = s->test_given,
                                   .test = s->test};
    copy_text(ret->name, sizeof(ret->name), s->program);
    copy_text(ret->arg, sizeof(ret->arg), s->arg ? s->arg : "");
    if (!p)
        return "too many programs have been named here: jobs may tell theirs apart by "
               "--arg";
    size_t n = group_workers(c, p, memory, groups);
    if (!ret->test_known)
        ret->test_known = find_test(p, groups, n, &ret->test);
    if (!ret->test_known && n > 0) {
        *ret_hint = arena_printf(memory, "--expect %016" PRIx64, groups[0].test);
        return disagree(p, groups, n, memory);
    }
    if (audit != AUDIT_NONE && !c->config.bare && !can_audit(c, p, ret))
        return not_checked(c, p, memory, ret_hint);
    if (!job_fits(c, ret))
        return arena_printf(memory, "there are open jobs of %d programs, the limit",
                            KINDS_MAX - 1);
    return NULL;
}

/* ---- jobs that nobody could count yet ---- */

static void resolve(struct coord *c, struct kind *k)
{
    struct group groups[GROUPS];
    uint64_t test;
    size_t n = group_workers(c, k->program, &c->out.arena, groups);
    if (!find_test(k->program, groups, n, &test))
        return;
    k->test_known = true;
    k->test = test;
    c->kinds.changed = true;
    job_know_tests(c, k);
}

void program_known(struct coord *c)
{
    for (size_t i = 1; i < c->kinds.n; i++)
        if (!c->kinds.all[i].test_known && c->kinds.all[i].jobs > 0)
            resolve(c, &c->kinds.all[i]);
}

void program_known_by(struct coord *c, const struct worker *w)
{
    if (w->n_offers > 0)
        program_known(c);
}

/* ---- why nothing moves ---- */

static const struct failure *failure_of(const struct worker *w, const struct program *p)
{
    for (uint32_t i = 0; w->ready && w->conn && i < w->n_failures; i++)
        if (!strcmp(w->failures[i].name, p->name))
            return &w->failures[i];
    return NULL;
}

/* The first worker of which something is to be said. */
static const char *about_a_worker(const struct coord *c, const struct program *p,
                                  struct arena *memory)
{
    for (size_t i = 0; i < c->fleet.workers.n; i++) {
        const struct worker *w = c->fleet.workers.items[i];
        const struct failure *f = failure_of(w, p);
        if (f)
            return arena_printf(memory, "'%s' failed on %s: %s", p->name, w->name,
                                f->why);
        if (!offer_of(w, p))
            continue;
        if (standing_excluded(w->standing, p))
            return arena_printf(memory, "%s is excluded from '%s': %s", w->name,
                                p->name, standing_in(w->standing, p)->excluded);
        if (standing_kept_from(w->standing, p))
            return arena_printf(memory, "what %s has computed of '%s' is audited first",
                                w->name, p->name);
    }
    return arena_printf(memory, "no worker has the program '%s'", p->name);
}

const char *program_stall(const struct coord *c, const struct job *j,
                          struct arena *memory)
{
    struct group groups[GROUPS];
    const struct program *p = j->program;
    if (program_is_pi(p) || !j->kind || c->ready.served & kind_bit(c, j->kind))
        return "";
    size_t n = group_workers(c, p, memory, groups);
    if (n > 0 && !j->of.test_known)
        return disagree(p, groups, n, memory);
    for (size_t i = 0; i < n && i < GROUPS; i++)
        if (groups[i].test == j->of.test)
            return about_a_worker(c, p, memory);
    if (n == 0)
        return about_a_worker(c, p, memory);
    return arena_printf(memory,
                        "%" PRIu32 " workers have another '%s' (test %016" PRIx64
                        ", the job has %016" PRIx64 "): %s",
                        groups[0].workers, p->name, groups[0].test, j->of.test,
                        groups[0].names);
}

const char *program_unaudited(const struct coord *c, const struct job *j,
                              struct arena *memory)
{
    const struct program *p = j->program;
    if (program_is_pi(p) || kind_own(c, j))
        return "";
    for (size_t i = 0; i < c->fleet.workers.n; i++) {
        const struct worker *w = c->fleet.workers.items[i];
        if (standing_believed(w->standing) && ready_kinds(c, w) & kind_bit(c, j->kind))
            return "";
    }
    if (*p->why && c->clock.now_ms < p->failed_ms)
        return arena_printf(memory, "picoord's own '%s' failed: %s", p->name, p->why);
    return arena_printf(memory,
                        "nobody is here who could audit '%s': neither picoord nor a "
                        "trusted worker has it",
                        p->name);
}
