// SPDX-License-Identifier: MIT
#include "ctl/lib/wait.h"

#include <stdio.h>

#include "common/cli/job_format.h"
#include "common/wire/json.h"
#include "ctl/lib/follow.h"

void print_job(const struct ctl *ctl, const struct job_view *j)
{
    if (ctl->options.json)
        json_job(stdout, j);
    else
        job_print(stdout, j);
}

int wait_for_job(struct ctl *ctl, const struct job_view *j, int64_t deadline_ms)
{
    struct follow_options follow = {
        .job = j->number, .uid = j->uid, .deadline_ms = deadline_ms, .out = stderr};
    struct job_view last;
    struct arena arena;
    arena_init(&arena, 0);
    int status = follow_job(ctl, &follow, &arena, &last);
    if (status == EXIT_DONE || status == EXIT_NO)
        print_job(ctl, &last);
    arena_release(&arena);
    return status;
}
