// SPDX-License-Identifier: MIT
/*
 * Log lines of the coordinator name things as its other faces do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/view/event_log.h"

/* What is logged of an effect; all of it fits into a pipe. */
static const char *said(const struct effect *e)
{
    static char text[4096];
    int fds[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    event_log_write(e);
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t n = read(fds[0], text, sizeof(text) - 1);
    assert_true(n > 0);
    text[n] = '\0';
    close(fds[0]);
    return text;
}

static void a_revocation_names_the_worker_as_lists_do(void **state)
{
    (void)state;
    const struct effect revoke = {
        .type = EFFECT_REVOKE,
        .revoke = {.job = 3, .author = 0xc0ffee, .trials = 65536, .hits = 51472}};
    assert_non_null(strstr(said(&revoke),
                           "results revoked, their ranges are leased again job=j-3 "
                           "worker=0000000000c0ffee trials=65536 hits=51472\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_revocation_names_the_worker_as_lists_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
