// SPDX-License-Identifier: MIT
/*
 * Draws.  Of an untrusted worker the first PROBATION_RESULTS results are recomputed
 * whole.  Then a result has draw_rate() draws on average: a Poisson process along the
 * cumulated rates of the worker, of which its standing keeps the gap to the next draw,
 * so a result between two draws costs no chance.  Where in the result the gap ends
 * names a trial, and the sub-count that holds it is recomputed.  So what is said of a
 * share y of the trials of an answer was not drawn with a probability of at most
 * e^(-100 y), however it was cut into results: an answer has no fewer trials than the
 * end of any range that is in it.
 *
 * The process has no memory: a gap may be drawn anew at any time, as after a restart.
 */
#include "server/core/draw.h"

#include <assert.h>

#include "common/wire/lease.h"
#include "server/core/entropy.h"
#include "server/core/standing.h"

enum {
    DRAW_ONE_IN = 50,    /* after probation: at least one draw in so many results */
    DRAWS_A_JOB = 100,   /* and so many for as many trials as the job has until then */
    ESCALATION_LOG2 = 2, /* each exclusion multiplies draws by four */
    KNOWN_LEAST = 1000   /* verified trials of a program that say what is likely */
};

/* Standard deviations beyond which hits are not chance: of a sub-count, of which there
 * are many, and of all that a worker has said of a job. */
#define PIECE_SIGMAS 4.5
#define SUM_SIGMAS 4.0
#define PI_QUARTER 0.78539816339744830962

#define DRAW_ONE (UINT64_C(1) << DRAW_ONE_LOG2)
#define LN2 UINT64_C(0xb17217f7d1cf79ac) /* times 2^64 */

uint64_t draw_rate(uint64_t n, uint64_t trials, uint64_t end, uint32_t exclusions)
{
    uint64_t rate = DRAW_ONE / (n < 1 ? 1 : n < DRAW_ONE_IN ? n : DRAW_ONE_IN) + 1;
    unsigned __int128 all = (unsigned __int128)trials << DRAW_ONE_LOG2;
    uint64_t of_job = (uint64_t)(all * DRAWS_A_JOB / end) + 1;
    return (rate > of_job ? rate : of_job) << ESCALATION_LOG2 * exclusions;
}

/* - ln of a uniform number in (0, 1]: ln 2 times its binary logarithm, of whose
 * fraction squaring the mantissa yields one bit after the other. */
uint64_t draw_gap(uint64_t bits)
{
    bits |= 1;
    unsigned zeros = (unsigned)__builtin_clzll(bits);
    uint64_t mantissa = bits << zeros; /* in [1, 2), 63 bits of it after the point */
    uint64_t fraction = 0;
    for (int i = 0; i < DRAW_ONE_LOG2; i++) {
        unsigned __int128 square = (unsigned __int128)mantissa * mantissa;
        bool bit = square >> 127;
        mantissa = (uint64_t)(square >> (bit ? 64 : 63));
        fraction = fraction << 1 | bit;
    }
    uint64_t log2 = (zeros + 1) * DRAW_ONE - fraction;
    return (uint64_t)((unsigned __int128)log2 * LN2 >> 64) + 1;
}

struct range draw_piece(struct range result, size_t i, size_t n)
{
    if (n == 1)
        return result;
    uint64_t size = lease_piece(result.count), left = result.count - i * size;
    return (struct range){result.first + i * size, left < size ? left : size};
}

static uint64_t mask_of(size_t n)
{
    assert(n >= 1 && n <= LEASE_PIECES);
    return UINT64_MAX >> (LEASE_PIECES - n);
}

/* Which sub-counts of the result the draws name. */
static uint64_t draw_pieces(struct coord *c, const struct drawn_result *r,
                            uint64_t rate)
{
    struct standing *s = r->standing;
    uint64_t at = 0, mask = 0, all = mask_of(r->n_pieces);
    if (s->gap == 0)
        s->gap = draw_gap(entropy_hidden(c));
    while (s->gap <= rate - at && mask != all) {
        at += s->gap;
        uint64_t count = r->range.count;
        uint64_t trial = (uint64_t)((unsigned __int128)(at - 1) * count / rate);
        mask |=
            UINT64_C(1) << (r->n_pieces == 1 ? 0 : trial >> lease_piece_log2(count));
        s->gap = draw_gap(entropy_hidden(c));
    }
    s->gap -=
        mask == all ? 0 : rate - at; /* has no memory: what is left of it is one */
    return mask;
}

/* ---- what chance does not explain ---- */

/* Of a program the verified trials of the job say what is to be expected, in so far as
 * they are enough.  One hit more proves nothing where hits are rare. */
static bool unlikely_of_program(const struct job *j, uint64_t hits, uint64_t trials,
                                double sigmas)
{
    const struct tally *t = &j->ledger.total;
    double known = (double)(t->verified_done >> UNIT_LOG2);
    double most = j->of.score ? (double)(1 << UNIT_LOG2) : 1;
    if (known < KNOWN_LEAST)
        return false;
    double n = (double)(trials >> UNIT_LOG2);
    double p = (double)t->verified_hits / most / known;
    double off = (double)hits / most - n * p;
    return off * off > sigmas * sigmas * (n * p * (1 - p) * (1 + n / known) + 1);
}

static bool unlikely(const struct job *j, uint64_t hits, uint64_t trials, double sigmas)
{
    if (!program_is_pi(j->program))
        return unlikely_of_program(j, hits, trials, sigmas);
    double n = (double)trials, off = (double)hits - n * PI_QUARTER;
    return off * off > sigmas * sigmas * n * PI_QUARTER * (1 - PI_QUARTER);
}

static uint64_t unlikely_pieces(const struct drawn_result *r)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < r->n_pieces; i++)
        if (unlikely(r->job, r->pieces[i], draw_piece(r->range, i, r->n_pieces).count,
                     PIECE_SIGMAS))
            mask |= UINT64_C(1) << i;
    return mask;
}

/* ---- results ---- */

uint32_t draw_weight(const struct job *j, uint32_t results, uint64_t trials)
{
    uint64_t n = (trials >> UNIT_LOG2) * PROBATION_RESULTS;
    n = (n + PROBATION_TRIALS - 1) / PROBATION_TRIALS;
    n = n < PROBATION_RESULTS ? n : PROBATION_RESULTS;
    return program_is_pi(j->program) || n < results ? results : (uint32_t)n;
}

bool draw_whole(const struct job *j)
{
    return j->record.audit == AUDIT_ALL || j->record.exclusions >= EXCLUSIONS_WHOLE;
}

void draw_escalate(struct job *j)
{
    if (j->record.audit != AUDIT_ADAPTIVE || draw_whole(j))
        return;
    j->record.exclusions++;
    j->recheck = draw_whole(j);
}

struct drawn draw_result(struct coord *c, const struct drawn_result *r)
{
    struct standing *s = r->standing;
    struct share *sum = &r->job->ledger.shares[r->share];
    assert(sum->worker == s->worker && r->hits <= r->range.count);
    s->valid++;
    s->trials += r->range.count;
    s->hits += r->hits;
    sum->said_trials += r->range.count;
    sum->said_hits += r->hits;
    if (s->passed + s->due_whole + r->unaudited < PROBATION_RESULTS)
        return (struct drawn){.state = ROW_WHOLE, .probation = true};
    if (draw_whole(r->job) ||
        unlikely(r->job, sum->said_hits, sum->said_trials, SUM_SIGMAS))
        return (struct drawn){.state = ROW_WHOLE};
    uint64_t rate = draw_rate(s->valid, r->range.count, r->range.first + r->range.count,
                              r->job->record.exclusions);
    uint64_t pieces = draw_pieces(c, r, rate) | unlikely_pieces(r);
    if (pieces == mask_of(r->n_pieces))
        return (struct drawn){.state = ROW_WHOLE};
    if (pieces)
        return (struct drawn){.state = ROW_PROVISIONAL, .pieces = pieces};
    return (struct drawn){.state =
                              standing_trusted(s) ? ROW_VERIFIED : ROW_PROVISIONAL};
}
