// SPDX-License-Identifier: MIT
/*
 * Where join strings are left for others: that they are there, after a token was
 * rotated and after they had gone, each twice; and that they go with picoord.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/join/join.h"
#include "server/access/access.h"
#include "tests/lib/caught.h"
#include "tests/lib/clock.h"
#include "tests/lib/scratch.h"

enum { BEATS_MAX = 1000 }; /* of 5 ms, for what a thread has to look for */

static const char listening[][ADDRESS_BYTES] = {"127.0.0.1:4711", "192.0.2.7:4712"};

static uv_loop_t loop;
static uv_timer_t beat; /* so that the loop turns while a file is waited for */
static struct access *access_;
static char contact[128];

static void on_beat(uv_timer_t *timer)
{
    (void)timer;
}

static int begin(void **state)
{
    struct error why;
    scratch_make(state);
    setenv("XDG_RUNTIME_DIR", scratch_folder, 1);
    snprintf(contact, sizeof(contact), "%s", scratch("contact"));
    const struct access_config config = {.ephemeral = true, .contact_file = contact};
    uv_loop_init(&loop);
    uv_timer_init(&loop, &beat);
    uv_timer_start(&beat, on_beat, 5, 5);
    assert_int_equal(access_new(&config, &access_, &why), 0);
    assert_int_equal(access_announce(access_, listening, 2, &why), 0);
    return 0;
}

static int end(void **state)
{
    access_unwatch(access_);
    uv_close((uv_handle_t *)&beat, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    access_free(access_);
    access_free(NULL);
    assert_int_equal(access(contact, F_OK), -1);
    assert_int_equal(scratch_count(scratch("picoord")), 0);
    return scratch_remove(state);
}

/* "" where there is none. */
static const char *content(const char *path)
{
    static char text[4][1024];
    static unsigned n;
    char *ret = text[n++ % 4];
    FILE *in = fopen(path, "r");
    size_t bytes = in ? fread(ret, 1, sizeof(text[0]) - 1, in) : 0;
    ret[bytes] = '\0';
    ret[strcspn(ret, "\n")] = '\0';
    if (in)
        fclose(in);
    return ret;
}

static const char *rendezvous(const char *name)
{
    char inner[64];
    snprintf(inner, sizeof(inner), "picoord/%d/%s", (int)getpid(), name);
    return scratch(inner);
}

static enum auth right(const char *text, enum role role)
{
    struct join join;
    char why[JOIN_WHY_BYTES];
    assert_int_equal(join_parse(text, &join, why), 0);
    return access_authorize(access_, role, join.token, sizeof(join.token));
}

/* All places have the join strings that hold now. */
static void all_is_told(void)
{
    struct access_joins joins;
    char expected[1024];
    access_joins(access_, &joins);
    assert_int_equal(joins.view.n_workers, 2);
    assert_int_equal(joins.view.n_operators, 2);
    assert_memory_equal(joins.view.workers[0], "pi1.192.0.2.7:4712.", 19);
    assert_memory_equal(joins.view.workers[1], "pi1.127.0.0.1:4711.", 19);
    assert_memory_equal(joins.view.operators[1], "pi1.127.0.0.1:4711.", 19);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(right(joins.view.workers[i], ROLE_WORKER), AUTH_WORKER_TOKEN);
        assert_int_equal(right(joins.view.workers[i], ROLE_OPERATOR), AUTH_WORKER_ONLY);
        assert_int_equal(right(joins.view.operators[i], ROLE_OPERATOR),
                         AUTH_OPERATOR_TOKEN);
    }
    snprintf(expected, sizeof(expected),
             "{\"addr\":\"192.0.2.7\",\"port\":4712,\"pid\":%d,\"version\":\"%s\","
             "\"join\":\"%s\",\"operator_join\":\"%s\"}",
             (int)getpid(), PI_VERSION, joins.view.workers[0], joins.view.operators[0]);
    assert_string_equal(content(contact), expected);
    assert_string_equal(content(rendezvous("worker.join")), joins.view.workers[1]);
    assert_string_equal(content(rendezvous("operator.join")), joins.view.operators[1]);
    const char *own = content(rendezvous("local-worker.join"));
    assert_memory_equal(own, "pi1.127.0.0.1:4711.", 19);
    assert_int_equal(right(own, ROLE_WORKER), AUTH_LOCAL_TOKEN);
    struct stat st;
    assert_int_equal(stat(contact, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void join_strings_are_where_they_are_looked_for(void **state)
{
    char join[JOIN_TEXT_BYTES], *lines = NULL;
    const struct advertised *at;
    size_t n;
    (void)state;
    all_is_told();
    assert_int_equal(access_advertised(access_, &at), 2);
    assert_false(at[0].local);
    assert_true(at[1].local);
    assert_false(access_is_cut_off(access_));
    access_local_join(access_, join);
    assert_string_equal(join, content(rendezvous("worker.join")));
    FILE *out = open_memstream(&lines, &n);
    assert_true(access_print_joins(access_, out));
    fclose(out);
    assert_memory_equal(lines, "PI_JOIN=pi1.192.0.2.7:4712.", 27);
    assert_null(strstr(lines, "127.0.0.1")); /* is of no use elsewhere */
    free(lines);
    out = open_memstream(&lines, &n);
    assert_true(access_print_fetches(access_, out));
    fclose(out);
    assert_non_null(strstr(lines, " https://192.0.2.7:4712/worker/linux-$(uname -m) "));
    assert_non_null(strstr(lines, "PI_JOIN=pi1.192.0.2.7:4712."));
    assert_null(strstr(lines, "127.0.0.1"));
    free(lines);
    assert_null(access_directory(access_));
    assert_false(access_made(access_));
}

/* Twice, since the second time it replaces what it has made itself. */
static void a_rotated_token_is_told_each_time(void **state)
{
    static const enum role roles[] = {ROLE_WORKER, ROLE_WORKER, ROLE_OPERATOR,
                                      ROLE_OPERATOR};
    struct error why;
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        char old[2][JOIN_TEXT_BYTES], local[JOIN_TEXT_BYTES];
        snprintf(old[0], JOIN_TEXT_BYTES, "%s", content(rendezvous("worker.join")));
        snprintf(old[1], JOIN_TEXT_BYTES, "%s", content(rendezvous("operator.join")));
        snprintf(local, JOIN_TEXT_BYTES, "%s",
                 content(rendezvous("local-worker.join")));
        assert_int_equal(access_rotate(access_, roles[i], &why), 0);
        all_is_told();
        bool workers = roles[i] == ROLE_WORKER;
        assert_int_equal(right(old[0], ROLE_WORKER),
                         workers ? AUTH_ROTATED : AUTH_WORKER_TOKEN);
        assert_int_equal(right(local, ROLE_WORKER),
                         workers ? AUTH_ROTATED : AUTH_LOCAL_TOKEN);
        assert_int_equal(right(old[1], ROLE_OPERATOR),
                         workers ? AUTH_OPERATOR_TOKEN : AUTH_ROTATED);
    }
}

/* Waits for a file to be there again, after the next look. */
static void comes_again(const char *path, const char *said)
{
    caught_begin(STDERR_FILENO);
    clock_leap(1000);
    for (int i = 0; access(path, F_OK) < 0; i++) {
        if (i > BEATS_MAX)
            fail_msg("%s is not there again", path);
        uv_run(&loop, UV_RUN_ONCE);
    }
    for (int i = 0; i < 3; i++) { /* nothing is said of what is there */
        clock_leap(1000);
        for (int k = 0; k < 4; k++)
            uv_run(&loop, UV_RUN_ONCE);
    }
    const char *log = caught_end(STDERR_FILENO), *line = strstr(log, said);
    assert_non_null(line);
    assert_null(strstr(line + 1, said));
    all_is_told();
}

static void what_has_gone_is_told_again_and_again(void **state)
{
    char command[200];
    (void)state;
    access_watch(access_, &loop);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(unlink(contact), 0);
        comes_again(contact, "the contact file had gone: it is there again");
        snprintf(command, sizeof(command), "rm -rf %s", scratch("picoord"));
        assert_int_equal(system(command), 0);
        comes_again(
            rendezvous("local-worker.join"),
            "the folder in which programs on this machine find picoord had gone");
        assert_int_equal(unlink(rendezvous("operator.join")), 0);
        comes_again(
            rendezvous("operator.join"),
            "the folder in which programs on this machine find picoord had gone");
    }
}

static void a_contact_file_of_another_stays(void **state)
{
    (void)state;
    scratch_write(scratch("another"), "{}\n", 0600);
    assert_int_equal(rename(scratch("another"), contact), 0);
    access_leave_now(access_);
    access_leave_now(access_);
    access_leave_now(NULL);
    assert_string_equal(content(contact), "{}");
    assert_int_equal(scratch_count(scratch("picoord")), 0);
    unlink(contact);
}

static void a_contact_file_that_cannot_be_is_told(void **state)
{
    struct error why;
    struct access *a;
    (void)state;
    const struct access_config config = {.ephemeral = true,
                                         .contact_file = scratch("no/contact")};
    assert_int_equal(access_new(&config, &a, &why), 0);
    caught_begin(STDERR_FILENO); /* the folder of this process is the other's */
    assert_int_equal(access_announce(a, listening, 2, &why), -ENOENT);
    assert_non_null(strstr(caught_end(STDERR_FILENO), "do not find this picoord"));
    assert_non_null(strstr(why.what, "cannot write the contact file "));
    assert_non_null(strstr(why.what, "/no/contact: no such file or directory"));
    assert_string_equal(why.hint,
                        "name a file in a folder that is there and may be written to");
    access_free(a);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(join_strings_are_where_they_are_looked_for),
        TEST(a_rotated_token_is_told_each_time),
        TEST(what_has_gone_is_told_again_and_again),
        TEST(a_contact_file_of_another_stays),
        TEST(a_contact_file_that_cannot_be_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
