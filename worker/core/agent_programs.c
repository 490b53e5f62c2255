// SPDX-License-Identifier: MIT
/*
 * The programs that this worker offers.  What may be computed is said in Hello; so
 * when that changes, the agent hangs up and says another one.  Pure.
 */
#include <assert.h>
#include <string.h>

#include "worker/core/agent_state.h"

/* Keeps the end of what it has said, which is what is of interest. */
static void set_failed(struct program_now *p, const char *why, const char *said)
{
    size_t n = said ? strlen(said) : 0, skip = n > STDERR_BYTES ? n - STDERR_BYTES : 0;
    p->failed = true;
    agent_remember(p->why, why);
    memcpy(p->said, said ? said + skip : "", n - skip + 1);
}

/* Programs that are to be tried again are so at the earliest time of any. */
static void set_timer(struct agent *a)
{
    a->at[TIMER_PROGRAM] = NEVER;
    for (uint32_t i = 0; i < a->config.n_programs; i++)
        if (a->programs[i].retry_ms < a->at[TIMER_PROGRAM])
            a->at[TIMER_PROGRAM] = a->programs[i].retry_ms;
}

void agent_programs_init(struct agent *a)
{
    assert(a->config.n_programs <= PROGRAMS_MAX);
    a->programs = mem_zero(a->config.n_programs + 1, sizeof(*a->programs));
    for (uint32_t i = 0; i < a->config.n_programs; i++) {
        const struct agent_program *from = &a->config.programs[i];
        struct program_now *p = &a->programs[i];
        p->test = from->test;
        p->rate = from->rate;
        p->retry_ms = NEVER;
        if (from->failed)
            set_failed(p, from->failed, from->said);
    }
}

void agent_programs_start(struct agent *a)
{
    for (uint32_t i = 0; i < a->config.n_programs; i++)
        if (a->programs[i].failed)
            a->programs[i].retry_ms = a->now_ms + AGENT_PROGRAM_MS;
    set_timer(a);
}

void agent_put_offers(struct agent *a, struct msg_hello *hello)
{
    uint32_t n = a->config.n_programs;
    const char **names = arena_array(&a->out.arena, n, sizeof(*names));
    uint64_t *tests = arena_array(&a->out.arena, n, sizeof(*tests));
    double *rates = arena_array(&a->out.arena, n, sizeof(*rates));
    for (uint32_t i = 0; i < n; i++) {
        const struct program_now *p = &a->programs[i];
        if (p->failed)
            continue;
        names[hello->n_offers] = a->config.programs[i].name;
        tests[hello->n_offers] = p->test;
        rates[hello->n_offers++] = p->rate;
    }
    hello->offer = names;
    hello->offer_test = tests;
    hello->offer_rate = rates;
}

void agent_put_failures(struct agent *a)
{
    uint32_t n = 0;
    const char **texts = arena_array(&a->out.arena, 3 * PROGRAMS_MAX, sizeof(*texts));
    for (uint32_t i = 0; i < a->config.n_programs; i++) {
        const struct program_now *p = &a->programs[i];
        if (!p->failed)
            continue;
        texts[n] = a->config.programs[i].name;
        texts[PROGRAMS_MAX + n] = arena_printf(&a->out.arena, "%s", p->why);
        texts[2 * PROGRAMS_MAX + n++] = arena_printf(&a->out.arena, "%s", p->said);
    }
    if (n == 0)
        return;
    agent_out_send(&a->out, MSG_RESUME)->resume =
        (struct msg_resume){.n_failed = n,
                            .failed = texts,
                            .failed_why = texts + PROGRAMS_MAX,
                            .failed_stderr = texts + 2 * PROGRAMS_MAX};
}

uint32_t agent_program_of(const struct agent *a, const char *name)
{
    if (!name || !*name)
        return 0;
    for (uint32_t i = 0; i < a->config.n_programs; i++)
        if (!strcmp(a->config.programs[i].name, name) && !a->programs[i].failed)
            return i + 1;
    return UINT32_MAX;
}

/* Comes again at once, with another Hello. */
static void greet_again(struct agent *a, const char *why)
{
    if (!agent_is_connected(a) || a->leaving != LEAVING_NOT)
        return;
    a->returns = true;
    agent_hang_up(a, why);
}

static void tell(struct agent *a, enum agent_event type, uint32_t program,
                 const char *rest)
{
    agent_add_event(a, type,
                    arena_printf(&a->out.arena, "%s%s%s",
                                 a->config.programs[program - 1].name,
                                 *rest ? ": " : "", rest),
                    0);
}

void agent_program_failed(struct agent *a, uint32_t program, const char *why,
                          const char *said)
{
    assert(program >= 1 && program <= a->config.n_programs);
    struct program_now *p = &a->programs[program - 1];
    set_failed(p, why, said);
    p->retry_ms = a->now_ms + AGENT_PROGRAM_MS;
    set_timer(a);
    agent_grants_drop(&a->grants, &a->out, program);
    tell(a, AGENT_EVENT_PROGRAM_FAILED, program, p->why);
    greet_again(a, "a program has failed here");
}

void agent_try_programs(struct agent *a)
{
    for (uint32_t i = 0; i < a->config.n_programs; i++) {
        struct program_now *p = &a->programs[i];
        if (p->retry_ms > a->now_ms)
            continue;
        p->retry_ms = NEVER;
        agent_out_add(&a->out, AGENT_TEST)->test.program = i + 1;
    }
    set_timer(a);
}

void agent_program_tested(struct agent *a, const struct agent_input *input)
{
    uint32_t program = input->tested.program;
    assert(program >= 1 && program <= a->config.n_programs);
    struct program_now *p = &a->programs[program - 1];
    if (input->tested.failed) {
        set_failed(p, input->tested.failed, input->tested.said);
        p->retry_ms = a->now_ms + AGENT_PROGRAM_MS;
        set_timer(a);
        return;
    }
    p->failed = false;
    p->test = input->tested.test;
    p->rate = input->tested.rate;
    tell(a, AGENT_EVENT_PROGRAM_BACK, program, "");
    greet_again(a, "a program is there again");
}
