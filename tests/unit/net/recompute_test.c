// SPDX-License-Identifier: MIT
/* The threads that recompute. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/program/offer.h"
#include "common/program/self_test.h"
#include "server/net/recompute.h"

enum { ASKED = 200, SEED = 7 };

struct bench {
    uv_loop_t loop;
    const struct kernel *kernel;
    struct recompute *recompute;
    uint64_t hits[ASKED];
    size_t n; /* counted */
    uint64_t micros;
    char failed[100];
};

static void on_counted(void *ctx, uint64_t id, uint64_t hits, uint64_t micros,
                       const char *failed)
{
    struct bench *b = ctx;
    b->micros += micros;
    snprintf(b->failed, sizeof(b->failed), "%s", failed ? failed : "");
    assert_in_range(id, 0, ASKED - 1);
    assert_int_equal(b->hits[id], UINT64_MAX);
    b->hits[id] = hits;
    b->n++;
}

static struct offers offers;
static const struct self_test tested[PROGRAMS_MAX] = {{.rate = 1}, {.rate = 1}};

static void begin(struct bench *b, size_t threads)
{
    *b = (struct bench){0};
    memset(b->hits, 0xff, sizeof(b->hits));
    assert_int_equal(uv_loop_init(&b->loop), 0);
    assert_int_equal(kernel_choose("auto", &b->kernel), 0);
    struct recompute_config config = {.kernel = b->kernel,
                                      .offers = offers.n > 0 ? &offers : NULL,
                                      .tests = tested,
                                      .threads = threads,
                                      .on_counted = on_counted,
                                      .ctx = b};
    assert_int_equal(recompute_new(&b->loop, &config, &b->recompute), 0);
}

static void end(struct bench *b)
{
    recompute_close(b->recompute);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&b->loop), 0);
}

static uint64_t first_of(uint64_t id)
{
    return id * 100003;
}

static void ask(struct bench *b, uint64_t id, uint64_t first, uint64_t count)
{
    struct recompute_range range = {
        .seed = SEED, .first = first, .count = count, .program = "", .arg = ""};
    recompute_ask(b->recompute, id, &range);
}

static void each_range_is_counted_once_on_any_number_of_threads(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 4; threads += 3) {
        struct bench b;
        begin(&b, threads);
        for (uint64_t id = 0; id < ASKED; id++)
            ask(&b, id, first_of(id), 70000 + id);
        while (b.n < ASKED)
            uv_run(&b.loop, UV_RUN_ONCE);
        for (uint64_t id = 0; id < ASKED; id++) {
            uint64_t hits;
            assert_int_equal(kernel_count(b.kernel, SEED, first_of(id), 70000 + id,
                                          70000 + id, NULL, NULL, &hits),
                             0);
            assert_int_equal(b.hits[id], hits);
        }
        assert_true(b.micros > ASKED); /* 70,000 trials are 7 us at least */
        end(&b);
    }
}

/* Threads of this process that recompute. */
static unsigned auditors(void)
{
    unsigned n = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *e = readdir(tasks); e; e = readdir(tasks)) {
        char path[300], name[32] = "";
        snprintf(path, sizeof(path), "/proc/self/task/%s/comm", e->d_name);
        FILE *in = fopen(path, "r");
        n += in && fgets(name, sizeof(name), in) && !strcmp(name, "audits\n");
        if (in)
            fclose(in);
    }
    closedir(tasks);
    return n;
}

static void as_many_work_as_there_is_work_for(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, 3);
    assert_int_equal(auditors(), 0);
    for (uint64_t id = 0; id < 5; id++) {
        unsigned expected = id < 3 ? (unsigned)id + 1 : 3, tries = 0;
        const struct recompute_range range = {
            .seed = SEED, .count = UINT64_C(1) << 60, .program = "", .arg = ""};
        recompute_ask(b.recompute, id, &range);
        while (auditors() < expected && ++tries < 2000) /* they name themselves */
            usleep(1000);
        assert_int_equal(auditors(), expected);
    }
    end(&b);
}

/* Each of the ranges would take years. */
static void it_ends_in_the_middle_of_all_of_them(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, 3);
    for (uint64_t id = 0; id < 8; id++)
        ask(&b, id, 0, UINT64_C(1) << 60);
    end(&b);
    assert_int_equal(b.n, 0);
}

/* How often the child was asked since it started. */
#define CALLS                                                                          \
    "calls=k=0; while read -r c s f n t; do k=$((k + 1)); echo $f $((k + ${#t})); "    \
    "done"

static uint64_t count_by(struct bench *b, uint64_t id, const char *program,
                         const char *arg, bool fresh)
{
    size_t before = b->n;
    char text[9];
    snprintf(text, sizeof(text), "%s", arg);
    struct recompute_range range = {
        .seed = SEED, .count = 100, .program = program, .arg = text, .fresh = fresh};
    recompute_ask(b->recompute, id, &range);
    memset(text, 0, sizeof(text)); /* it was borrowed for the call */
    while (b->n == before)
        uv_run(&b->loop, UV_RUN_ONCE);
    return b->hits[id];
}

static void programs_are_kept_or_fresh(void **state)
{
    (void)state;
    static const char *const texts[] = {CALLS, "bad=read -r r; exit 3"};
    struct error why;
    struct bench b;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(offers_parse("", texts, 2, &offers, &why), 0);
    begin(&b, 1);
    assert_int_equal(count_by(&b, 0, "calls", "", false), 1);
    assert_int_equal(count_by(&b, 1, "calls", "text", false), 2 + 4);
    assert_int_equal(count_by(&b, 2, "calls", "", true), 1);
    assert_string_equal(b.failed, "");
    count_by(&b, 3, "bad", "", false);
    assert_string_equal(b.failed, "exited with 3");
    ask(&b, 4, 0, 1000);
    while (b.n < 5)
        uv_run(&b.loop, UV_RUN_ONCE);
    assert_string_equal(b.failed, "");
    end(&b);
    offers.n = 0;
}

static void a_program_is_left_in_the_middle(void **state)
{
    (void)state;
    static const char *const texts[] = {"sleeps=exec sleep 1000"};
    struct error why;
    struct bench b;
    assert_int_equal(offers_parse("", texts, 1, &offers, &why), 0);
    begin(&b, 1);
    struct recompute_range range = {.count = 1, .program = "sleeps", .arg = "text"};
    for (uint64_t id = 0; id < 3; id++)
        recompute_ask(b.recompute, id, &range);
    end(&b);
    assert_int_equal(b.n, 0);
    offers.n = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_range_is_counted_once_on_any_number_of_threads),
        cmocka_unit_test(as_many_work_as_there_is_work_for),
        cmocka_unit_test(it_ends_in_the_middle_of_all_of_them),
        cmocka_unit_test(programs_are_kept_or_fresh),
        cmocka_unit_test(a_program_is_left_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
