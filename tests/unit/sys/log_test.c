// SPDX-License-Identifier: MIT
/*
 * The format of log lines on a terminal, in the journal and as JSON; lines of several
 * threads do not mix.
 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/sys/log.h"

static char line[LOG_LINE_MAX + 1];

/* 2026-11-22T12:37:04.118Z */
static const int64_t noon = INT64_C(1795351024118);

static const char *text_line(enum log_format format, bool journal, const char *message,
                             const struct log_field *fields, size_t n)
{
    struct log_event event = {
        .level = LOG_LEVEL_INFO,
        .time_ms = noon,
        .message = message,
        .fields = fields,
        .n = n,
    };
    size_t len = log_line(line, format, journal, &event);
    assert_true(len <= LOG_LINE_MAX);
    line[len] = '\0';
    return line;
}

static void a_line_is_time_level_message_and_fields(void **state)
{
    (void)state;
    const struct log_field fields[] = {
        log_str("name", "lab-03"),
        log_int("threads", 8),
        log_u64("trials", UINT64_C(1) << 62),
        log_real("share", 0.5),
    };
    assert_string_equal(
        text_line(LOG_FORMAT_TEXT, false, "worker joined", fields, 4),
        "2026-11-22T12:37:04.118Z INFO  worker joined name=lab-03 threads=8 "
        "trials=4611686018427387904 share=0.5\n");
    assert_string_equal(text_line(LOG_FORMAT_JSON, false, "worker joined", fields, 4),
                        "{\"time\":\"2026-11-22T12:37:04.118Z\",\"level\":\"info\","
                        "\"message\":\"worker joined\",\"name\":\"lab-03\","
                        "\"threads\":8,\"trials\":\"4611686018427387904\","
                        "\"share\":0.5}\n");
}

/* Whole lines of each level in each format, at instants whose parts are short. */
static void a_line_of_each_level_and_time(void **state)
{
    static const struct {
        enum log_level level;
        int64_t time_ms;
        const char *text, *json;
    } lines[] = {
        {LOG_LEVEL_ERROR, 7, "1970-01-01T00:00:00.007Z ERROR m n=-1\n",
         "{\"time\":\"1970-01-01T00:00:00.007Z\",\"level\":\"error\",\"message\":"
         "\"m\",\"n\":-1}\n"},
        {LOG_LEVEL_WARN, INT64_C(951827696042),
         "2000-02-29T12:34:56.042Z WARN  m n=-1\n",
         "{\"time\":\"2000-02-29T12:34:56.042Z\",\"level\":\"warn\",\"message\":\"m\","
         "\"n\":-1}\n"},
        {LOG_LEVEL_INFO, INT64_C(1798761599999),
         "2026-12-31T23:59:59.999Z INFO  m n=-1\n",
         "{\"time\":\"2026-12-31T23:59:59.999Z\",\"level\":\"info\",\"message\":\"m\","
         "\"n\":-1}\n"},
        {LOG_LEVEL_DEBUG, INT64_C(1798761600000),
         "2027-01-01T00:00:00.000Z DEBUG m n=-1\n",
         "{\"time\":\"2027-01-01T00:00:00.000Z\",\"level\":\"debug\",\"message\":\"m\","
         "\"n\":-1}\n"},
    };
    const struct log_field field = log_int("n", -1);
    (void)state;
    setenv("TZ", "XYZ-5:30", 1); /* whatever the machine's own time is */
    tzset();
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        struct log_event event = {lines[i].level, lines[i].time_ms, "m", &field, 1};
        line[log_line(line, LOG_FORMAT_TEXT, false, &event)] = '\0';
        assert_string_equal(line, lines[i].text);
        line[log_line(line, LOG_FORMAT_JSON, false, &event)] = '\0';
        assert_string_equal(line, lines[i].json);
    }
    unsetenv("TZ");
    tzset();
}

static void the_journal_gets_a_priority_and_no_time(void **state)
{
    (void)state;
    const struct log_field fields[] = {log_int("port", 31415)};
    assert_string_equal(text_line(LOG_FORMAT_TEXT, true, "listening", fields, 1),
                        "<6>listening port=31415\n");
    assert_string_equal(
        text_line(LOG_FORMAT_JSON, true, "listening", fields, 1),
        "<6>{\"level\":\"info\",\"message\":\"listening\",\"port\":31415}\n");
    static const char *const first[] = {"<3>", "<4>", "<6>", "<7>"};
    for (enum log_level level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
        struct log_event event = {.level = level, .message = "x"};
        log_line(line, LOG_FORMAT_TEXT, true, &event);
        assert_memory_equal(line, first[level], 3);
    }
}

static void values_that_could_mislead_are_quoted(void **state)
{
    (void)state;
    const struct log_field fields[] = {
        log_str("a", "two words"), log_str("b", ""),     log_str("c", NULL),
        log_str("d", "x=y"),       log_str("e", "\"\\"),
    };
    assert_string_equal(
        text_line(LOG_FORMAT_TEXT, true, "m", fields, 5),
        "<6>m a=\"two words\" b=\"\" c=\"\" d=\"x=y\" e=\"\\\"\\\\\"\n");
}

static void foreign_bytes_cannot_forge_a_line(void **state)
{
    (void)state;
    const struct log_field fields[] = {log_str("name", "x\n<3>lie \x1b[2J\xc3\xa9")};
    assert_string_equal(text_line(LOG_FORMAT_TEXT, true, "bad\nname", fields, 1),
                        "<6>bad\\x0aname "
                        "name=\"x\\x0a<3>lie \\x1b[2J\\xc3\\xa9\"\n");
    assert_string_equal(text_line(LOG_FORMAT_JSON, true, "m", fields, 1),
                        "<6>{\"level\":\"info\",\"message\":\"m\",\"name\":"
                        "\"x\\u000a<3>lie \\u001b[2J\\u00c3\\u00a9\"}\n");
}

static void json_has_no_word_for_what_is_not_finite(void **state)
{
    (void)state;
    const struct log_field real = log_real("pi", 3.14159265358979);
    assert_string_equal(
        text_line(LOG_FORMAT_JSON, true, "m", &real, 1),
        "<6>{\"level\":\"info\",\"message\":\"m\",\"pi\":3.14159265}\n");
    assert_string_equal(text_line(LOG_FORMAT_TEXT, true, "m", &real, 1),
                        "<6>m pi=3.14159265\n");
    const struct log_field fields[] = {log_real("pi", NAN)};
    assert_string_equal(text_line(LOG_FORMAT_JSON, true, "m", fields, 1),
                        "<6>{\"level\":\"info\",\"message\":\"m\",\"pi\":null}\n");
}

static void long_values_and_lines_are_cut_and_stay_well_formed(void **state)
{
    (void)state;
    enum { FIELDS = 12 };
    static char huge[5000];
    memset(huge, '\n', sizeof(huge) - 1);
    struct log_field fields[FIELDS];
    for (size_t i = 0; i < FIELDS; i++)
        fields[i] = log_str("k", huge);
    for (size_t n = 0; n <= FIELDS; n++) {
        text_line(LOG_FORMAT_JSON, false, huge, fields, n);
        size_t len = strlen(line);
        assert_string_equal(line + len - 2, "}\n");
        if (n > 0)
            assert_string_equal(line + len - 6, "...\"}\n");
        text_line(LOG_FORMAT_TEXT, false, huge, fields, n);
        assert_true(strchr(line, '\n') == line + strlen(line) - 1);
    }
    size_t shown = 0;
    for (const char *c = line; (c = strstr(c, " k=")); c++)
        shown++;
    assert_true(shown >= 6 && shown < FIELDS);
}

/* Points fd 2 at a pipe while something is logged. */
struct caught {
    int saved, fds[2];
};

static struct caught catch_begin(void)
{
    struct caught c;
    c.saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(c.fds), 0);
    assert_int_equal(dup2(c.fds[1], STDERR_FILENO), STDERR_FILENO);
    close(c.fds[1]);
    return c;
}

static size_t catch_end(struct caught *c, char *text, size_t size)
{
    dup2(c->saved, STDERR_FILENO);
    close(c->saved);
    size_t len = 0;
    ssize_t n;
    while ((n = read(c->fds[0], text + len, size - 1 - len)) > 0)
        len += (size_t)n;
    close(c->fds[0]);
    text[len] = '\0';
    return len;
}

static void levels_above_the_set_one_are_silent(void **state)
{
    (void)state;
    char text[4096];
    struct caught c = catch_begin();
    log_set(LOG_LEVEL_WARN, LOG_FORMAT_TEXT);
    log_error("first");
    log_warn("second", log_int("n", 2));
    log_info("third");
    log_debug("fourth");
    log_set(LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT);
    log_debug("fifth", log_int("n", 5), log_str("s", "x"));
    log_set(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    catch_end(&c, text, sizeof(text));
    assert_non_null(strstr(text, "Z ERROR first\n"));
    assert_non_null(strstr(text, "Z WARN  second n=2\n"));
    assert_null(strstr(text, "third"));
    assert_null(strstr(text, "fourth"));
    assert_non_null(strstr(text, "Z DEBUG fifth n=5 s=x\n"));
}

static void fields_are_evaluated_once(void **state)
{
    (void)state;
    char text[4096];
    int n = 0;
    struct caught c = catch_begin();
    log_info("counted", log_int("n", ++n));
    catch_end(&c, text, sizeof(text));
    assert_int_equal(n, 1);
    assert_non_null(strstr(text, " n=1\n"));
}

static void the_journal_is_recognised_by_its_device_and_inode(void **state)
{
    (void)state;
    char text[4096], stream[64];
    struct stat st;
    struct caught c = catch_begin();
    assert_int_equal(fstat(STDERR_FILENO, &st), 0);
    snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    log_set(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    log_info("inside");
    /* Inherited by a process whose stderr is something else. */
    snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino + 1);
    setenv("JOURNAL_STREAM", stream, 1);
    log_set(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    log_info("outside");
    unsetenv("JOURNAL_STREAM");
    log_set(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    catch_end(&c, text, sizeof(text));
    assert_memory_equal(text, "<6>inside\n", 10);
    assert_non_null(strstr(text, "Z INFO  outside\n"));
}

/* A log that nobody can be told of changes nothing else. */
static void a_log_that_cannot_be_written_changes_no_errno(void **state)
{
    (void)state;
    int saved = dup(STDERR_FILENO);
    close(STDERR_FILENO);
    errno = ENOENT;
    log_info("into nothing");
    int after = errno;
    dup2(saved, STDERR_FILENO);
    close(saved);
    assert_int_equal(after, ENOENT);
}

enum { THREADS = 4, LINES = 100 };

static void *log_many(void *arg)
{
    const char *name = arg;
    for (int i = 0; i < LINES; i++)
        log_info("line", log_str("thread", name), log_int("i", i));
    return NULL;
}

static void lines_of_threads_stay_whole_and_errno_too(void **state)
{
    (void)state;
    static char text[65536]; /* the pipe's size: nobody reads meanwhile */
    static char names[THREADS][32];
    pthread_t threads[THREADS];
    struct caught c = catch_begin();
    for (int i = 0; i < THREADS; i++) {
        memset(names[i], 'a' + i, sizeof(names[i]) - 1);
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, names[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    errno = ENOENT;
    log_info("last");
    assert_int_equal(errno, ENOENT);
    catch_end(&c, text, sizeof(text));
    int lines = 0;
    char *rest = NULL;
    for (char *l = strtok_r(text, "\n", &rest); l; l = strtok_r(NULL, "\n", &rest)) {
        char name[32];
        int i;
        if (lines++ < THREADS * LINES)
            assert_int_equal(sscanf(l, "%*s INFO line thread=%31s i=%d", name, &i), 2);
    }
    assert_int_equal(lines, THREADS * LINES + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_time_level_message_and_fields),
        cmocka_unit_test(a_line_of_each_level_and_time),
        cmocka_unit_test(the_journal_gets_a_priority_and_no_time),
        cmocka_unit_test(values_that_could_mislead_are_quoted),
        cmocka_unit_test(foreign_bytes_cannot_forge_a_line),
        cmocka_unit_test(json_has_no_word_for_what_is_not_finite),
        cmocka_unit_test(long_values_and_lines_are_cut_and_stay_well_formed),
        cmocka_unit_test(levels_above_the_set_one_are_silent),
        cmocka_unit_test(fields_are_evaluated_once),
        cmocka_unit_test(the_journal_is_recognised_by_its_device_and_inode),
        cmocka_unit_test(a_log_that_cannot_be_written_changes_no_errno),
        cmocka_unit_test(lines_of_threads_stay_whole_and_errno_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
