// SPDX-License-Identifier: MIT
/* The threads that recompute. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/net/recompute.h"

enum { ASKED = 200, SEED = 7 };

struct bench {
    uv_loop_t loop;
    const struct kernel *kernel;
    struct recompute *recompute;
    uint64_t hits[ASKED];
    size_t n; /* counted */
    uint64_t micros;
};

static void on_counted(void *ctx, uint64_t id, uint64_t hits, uint64_t micros)
{
    struct bench *b = ctx;
    b->micros += micros;
    assert_in_range(id, 0, ASKED - 1);
    assert_int_equal(b->hits[id], UINT64_MAX);
    b->hits[id] = hits;
    b->n++;
}

static void begin(struct bench *b, size_t threads)
{
    *b = (struct bench){0};
    memset(b->hits, 0xff, sizeof(b->hits));
    assert_int_equal(uv_loop_init(&b->loop), 0);
    assert_int_equal(kernel_choose("auto", &b->kernel), 0);
    assert_int_equal(
        recompute_new(&b->loop, b->kernel, threads, on_counted, b, &b->recompute), 0);
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

static void each_range_is_counted_once_on_any_number_of_threads(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 4; threads += 3) {
        struct bench b;
        begin(&b, threads);
        for (uint64_t id = 0; id < ASKED; id++)
            recompute_ask(b.recompute, id, SEED, first_of(id), 70000 + id);
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
        recompute_ask(b.recompute, id, SEED, 0, UINT64_C(1) << 60);
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
        recompute_ask(b.recompute, id, SEED, 0, UINT64_C(1) << 60);
    end(&b);
    assert_int_equal(b.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_range_is_counted_once_on_any_number_of_threads),
        cmocka_unit_test(as_many_work_as_there_is_work_for),
        cmocka_unit_test(it_ends_in_the_middle_of_all_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
