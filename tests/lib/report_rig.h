// SPDX-License-Identifier: MIT
/* A fake core: answers queries with one job and two workers, in several replies. */
#ifndef TESTS_LIB_REPORT_RIG_H
#define TESTS_LIB_REPORT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/view/report.h"

struct core {
    struct status_view status;
    struct job_view job;
    struct worker_view workers[2];
    bool stopped, no_job;
    unsigned asked;
    const struct ledger_view *ledger; /* NULL: not available yet */
    unsigned asked_ledger;
};

struct core core_with_job(void);

/* The same with a value of its own in every member. */
struct core core_of_own_values(void);

/* And a job of a program, one of those that its workers have. */
struct core core_of_own_program(void);

/* For struct report: ctx is the core, which answers at once.  Fails the test if a
 * request would change something. */
bool core_ask(void *ctx, const struct msg_request *r, reply_sink *take, void *take_ctx);

#endif
