// SPDX-License-Identifier: MIT
/* Each kind of value in each place, a full buffer, and misuse. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/json_writer.h"

static void put_all(struct json_writer *w)
{
    json_begin_object(w, NULL);
    json_put_text(w, "text", "say \"no\\yes\"");
    json_put_text(w, "bytes", "\x1b[0m\n\x7f\xc3\xa9");
    json_put_text(w, "none", NULL);
    json_put_u64(w, "u64", UINT64_MAX);
    json_put_double(w, "double", 0.1);
    json_put_double(w, "nan", NAN);
    json_put_number(w, "number", "%.3f", 1.5);
    json_put_bool(w, "yes", true);
    json_put_null(w, "null");
    json_put_raw(w, "raw", "[1]");
    json_begin_object(w, "empty");
    json_end(w);
    json_begin_array(w, "list");
    json_begin_array(w, NULL);
    json_end(w);
    json_begin_object(w, NULL);
    json_put_bool(w, "no", false);
    json_end(w);
    json_put_number(w, NULL, "%d", -7);
    json_put_text(w, NULL, "last");
    json_end(w);
    json_put_number(w, "after", "%u", 8U);
    json_end_line(w);
}

static const char all[] =
    "{\"text\":\"say "
    "\\\"no\\\\yes\\\"\",\"bytes\":\"\\u001b[0m\\u000a\\u007f\\u00c3\\u00a9\","
    "\"none\":\"\",\"u64\":\"18446744073709551615\",\"double\":0.1,\"nan\":null,"
    "\"number\":1.500,\"yes\":true,\"null\":null,\"raw\":[1],\"empty\":{},"
    "\"list\":[[],{\"no\":false},-7,\"last\"],\"after\":8}\n";

static void a_stream_gets_every_kind_of_value(void **state)
{
    (void)state;
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    struct json_writer w = json_to_stream(out);
    put_all(&w);
    fclose(out);
    assert_string_equal(text, all);
    free(text);
}

static void a_buffer_gets_the_same_and_never_a_byte_too_many(void **state)
{
    (void)state;
    for (size_t size = 0; size <= sizeof(all); size++) {
        char *buf = malloc(size); /* no byte more, for the sanitizer */
        struct json_writer w = json_to_buffer(buf, size);
        put_all(&w);
        assert_int_equal(w.full, size < strlen(all));
        assert_true(w.n <= size);
        assert_true(w.full || w.n == strlen(all));
        assert_memory_equal(buf, all, w.n);
        free(buf);
    }
}

static void a_value_may_be_written_beside_the_writer(void **state)
{
    (void)state;
    char text[64] = "";
    FILE *out = fmemopen(text, sizeof(text), "w");
    struct json_writer w = json_to_stream(out);
    json_begin_object(&w, NULL);
    json_put_bool(&w, "a", true);
    json_put_name(&w, "b");
    fputs("[2]", out);
    json_put_name(&w, "c");
    fputs("3", out);
    json_end(&w);
    fclose(out);
    assert_string_equal(text, "{\"a\":true,\"b\":[2],\"c\":3}");
}

/* ---- misuse ---- */

static void name_at_the_top(struct json_writer *w)
{
    json_put_null(w, "a");
}

static void two_values_at_the_top(struct json_writer *w)
{
    json_put_null(w, NULL);
    json_put_null(w, NULL);
}

static void no_name_in_an_object(struct json_writer *w)
{
    json_begin_object(w, NULL);
    json_put_null(w, NULL);
}

static void a_name_in_an_array(struct json_writer *w)
{
    json_begin_array(w, NULL);
    json_put_null(w, "a");
}

static void an_end_without_a_begin(struct json_writer *w)
{
    json_end(w);
}

static void a_line_that_ends_too_early(struct json_writer *w)
{
    json_begin_array(w, NULL);
    json_begin_array(w, NULL);
    json_end_line(w);
}

static void too_deep(struct json_writer *w)
{
    for (int i = 0; i <= JSON_WRITER_DEPTH_MAX; i++)
        json_begin_array(w, NULL);
}

static void misuse_ends_in_an_assertion(void **state)
{
    (void)state;
    static void (*const misuses[])(struct json_writer *) = {
        name_at_the_top,    two_values_at_the_top,  no_name_in_an_object,
        a_name_in_an_array, an_end_without_a_begin, a_line_that_ends_too_early,
        too_deep,
    };
    for (size_t i = 0; i < sizeof(misuses) / sizeof(misuses[0]); i++) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            char buf[256];
            struct json_writer w = json_to_buffer(buf, sizeof(buf));
            signal(SIGABRT, SIG_DFL);
            close(STDERR_FILENO);
            misuses[i](&w);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_gets_every_kind_of_value),
        cmocka_unit_test(a_buffer_gets_the_same_and_never_a_byte_too_many),
        cmocka_unit_test(a_value_may_be_written_beside_the_writer),
        cmocka_unit_test(misuse_ends_in_an_assertion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
