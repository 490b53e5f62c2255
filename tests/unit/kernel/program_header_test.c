// SPDX-License-Identifier: MIT
/*
 * examples/programs/picoord_program.h: its words are those of Philox4x32-10, and it
 * answers requests as docs/PROGRAMS.md has them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/kernel/philox.h"
#include "examples/programs/picoord_program.h"

static void words_are_philox(void **state)
{
    (void)state;
    const uint64_t seeds[] = {0, 42, UINT64_MAX}, trials[] = {0, 7, (1ull << 46) - 1};
    for (int i = 0; i < 9; i++) {
        const uint64_t seed = seeds[i / 3], n = trials[i % 3];
        struct chance chance = {.seed = seed, .trial = n};
        for (uint32_t k = 0; k < 3; k++) {
            uint32_t words[4];
            philox4x32_10((uint32_t[]){(uint32_t)n, (uint32_t)(n >> 32), k, 2},
                          (uint32_t[]){(uint32_t)seed, (uint32_t)(seed >> 32)}, words);
            for (int j = 0; j < 4; j++)
                assert_int_equal(chance_word(&chance), words[j]);
        }
    }
}

static void numbers_are_of_words(void **state)
{
    (void)state;
    struct chance words = {.seed = 42, .trial = 3}, numbers = words;
    for (int i = 0; i < 1000; i++) {
        const uint64_t high = chance_word(&words), low = chance_word(&words);
        const double unit = chance_unit(&numbers);
        assert_true(unit == (double)((high << 32 | low) >> 11) / 9007199254740992.0);
        assert_int_equal(chance_below(&numbers, 365),
                         chance_word(&words) * 365ull >> 32);
    }
}

/* Each third trial hits, and with a certain text all of them. */
static uint64_t third(struct chance *chance, const char *arg)
{
    return strcmp(arg, "all of them") == 0 || (chance->seed + chance->trial) % 3 == 0;
}

/* What is said to these requests, in 200 bytes, and with which exit status. */
static int answer(const char *requests, char ret[200])
{
    int in[2], out[2];
    const size_t length = strlen(requests);
    assert_return_code(pipe(in), errno);
    assert_return_code(pipe(out), errno);
    assert_int_equal(write(in[1], requests, length), length);
    close(in[1]);
    fflush(stdout);
    const int had_in = dup(0), had_out = dup(1);
    dup2(in[0], 0);
    dup2(out[1], 1);
    const int status = program_answer(third);
    dup2(had_in, 0);
    dup2(had_out, 1);
    clearerr(stdin);
    close(in[0]);
    close(out[1]);
    close(had_in);
    close(had_out);
    const ssize_t n = read(out[0], ret, 199);
    assert_return_code(n, errno);
    ret[n] = '\0';
    close(out[0]);
    return status;
}

static void requests_are_answered(void **state)
{
    (void)state;
    char said[200];
    assert_int_equal(answer("count 0 0 10\ncount 0 10 20\r\n"
                            "count 1 70368744177600 64\n"
                            "count 0 5 5 all of them\ncount 0 5 5 all\n",
                            said),
                     0);
    assert_string_equal(said, "0 4\n10 6\n70368744177600 21\n5 5\n5 2\n");
}

static void what_is_no_request_ends_it(void **state)
{
    (void)state;
    const char *const wrong[] = {"hello\n", "count 1 2\n", "count 1 2 x\n",
                                 "count 1 2 3x\n", "\n"};
    char said[200];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(answer(wrong[i], said), 1);
        assert_string_equal(said, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_philox),
        cmocka_unit_test(numbers_are_of_words),
        cmocka_unit_test(requests_are_answered),
        cmocka_unit_test(what_is_no_request_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
