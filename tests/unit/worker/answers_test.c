// SPDX-License-Identifier: MIT
/* The JSON of piworker --serial and --bench; # stands for measured numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/kernel/kernel.h"
#include "worker/bench.h"
#include "worker/serial.h"

static char text[4096];

static FILE *begin(void)
{
    FILE *out = fmemopen(text, sizeof(text), "w");
    assert_non_null(out);
    return out;
}

/* The number behind each `name`, which has those decimals, becomes a #. */
static void mask(const char *name, int decimals)
{
    for (char *at = text; (at = strstr(at, name)); at++) {
        char *number = at + strlen(name), *end = number + strspn(number, ".0123456789");
        if (end == number)
            continue; /* null */
        const char *point = memchr(number, '.', (size_t)(end - number));
        if (decimals >= 0)
            assert_int_equal(point ? end - point - 1 : 0, decimals);
        *number = '#';
        memmove(number + 1, end, strlen(end) + 1);
    }
}

static void a_serial_answer(void **state)
{
    (void)state;
    struct serial_options o = {.seed = 42, .first = 7, .trials = 1000, .json = true};
    assert_int_equal(kernel_choose("scalar", &o.kernel), 0);
    FILE *out = begin();
    assert_int_equal(serial_run(&o, out, NULL), 0);
    fclose(out);
    mask("\"rate\":", -1);
    assert_string_equal(
        text, "{\"seed\":\"42\",\"first\":\"7\",\"trials\":\"1000\",\"hits\":\"808\","
              "\"pi\":3.232,\"stderr\":0.04982144116743312,"
              "\"ci_low\":3.129710256336158,\"ci_high\":3.324860610755435,"
              "\"rate\":#,\"threads\":1,\"kernel\":\"scalar\"}\n");
}

/* No machine can use all kernels. */
static void a_bench_of_every_kernel(void **state)
{
    (void)state;
    struct bench_options o = {.budget_ms = 20, .json = true};
    assert_int_equal(kernel_choose("scalar", &o.kernel), 0);
    FILE *out = begin();
    assert_int_equal(bench_run(&o, out), 0);
    fclose(out);
    mask("\"rate\":", 0);
    mask("\"cycles_per_trial\":", 3);
    mask("\"tsc_ticks_per_trial\":", 3);
    assert_memory_equal(text, "{\"use\":\"scalar\",\"kernels\":[{\"name\":\"", 34);
    assert_non_null(strstr(text, "{\"name\":\"scalar\",\"usable\":true,\"auto\":"));
    assert_non_null(strstr(text, ",\"rate\":#,\"cycles_per_trial\":"));
    assert_non_null(strstr(text, "\"usable\":false,\"auto\":false,\"rate\":null,"
                                 "\"cycles_per_trial\":null,"
                                 "\"tsc_ticks_per_trial\":null}"));
    assert_string_equal(text + strlen(text) - 4, "}]}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_serial_answer),
        cmocka_unit_test(a_bench_of_every_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
