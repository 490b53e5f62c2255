// SPDX-License-Identifier: MIT
/*
 * The notify protocol of systemd, against a socket of the test.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/sys/sd_notify.h"
#include "tests/lib/scratch.h"

/* A manager's socket; name is as NOTIFY_SOCKET has it. */
static int manager_open(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    assert_true(len < sizeof(address.sun_path));
    memcpy(address.sun_path, name, len);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
                     0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

static void hears(int fd, const char *expected)
{
    char message[SD_NOTIFY_MAX + 1];
    ssize_t n = recv(fd, message, SD_NOTIFY_MAX, MSG_DONTWAIT);
    assert_true(n >= 0);
    message[n] = '\0';
    assert_string_equal(message, expected);
}

static void speaks_all_words_on(const char *name)
{
    int fd = manager_open(name);
    assert_int_equal(sd_notify_ready(), 0);
    hears(fd, "READY=1");
    assert_int_equal(sd_notify_status("%.1f %% pi=%s", 62.9, "3.14\nREADY=1"), 0);
    hears(fd, "STATUS=62.9 % pi=3.14 READY=1");
    assert_int_equal(sd_notify_watchdog(), 0);
    hears(fd, "WATCHDOG=1");
    assert_int_equal(sd_notify_stopping(), 0);
    hears(fd, "STOPPING=1");
    close(fd);
    unsetenv("NOTIFY_SOCKET");
}

static void words_arrive_at_a_path(void **state)
{
    (void)state;
    char dir[] = "/tmp/notify_test_XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/socket", dir);
    speaks_all_words_on(path);
    unlink(path);
    rmdir(dir);
}

static void words_arrive_at_an_abstract_name(void **state)
{
    (void)state;
    char name[64];
    snprintf(name, sizeof(name), "@picoord/notify_test/%d", (int)getpid());
    speaks_all_words_on(name);
}

/* A word each second is 86,400 a day. */
static void no_word_leaves_a_descriptor_open(void **state)
{
    (void)state;
    char name[64];
    snprintf(name, sizeof(name), "@picoord/notify_test/%d", (int)getpid());
    int fd = manager_open(name), before = scratch_count("/proc/self/fd");
    assert_int_equal(sd_notify_ready(), 0);
    assert_int_equal(scratch_count("/proc/self/fd"), before);
    close(fd);
    assert_int_equal(sd_notify_ready(), -ECONNREFUSED);
    assert_int_equal(scratch_count("/proc/self/fd"), before - 1);
    unsetenv("NOTIFY_SOCKET");
}

static void a_long_status_is_cut(void **state)
{
    (void)state;
    char name[64], message[2 * SD_NOTIFY_MAX], text[2 * SD_NOTIFY_MAX];
    snprintf(name, sizeof(name), "@picoord/notify_test/%d", (int)getpid());
    int fd = manager_open(name);
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(sd_notify_status("%s", text), 0);
    assert_int_equal(recv(fd, message, sizeof(message), MSG_DONTWAIT),
                     SD_NOTIFY_MAX - 1);
    close(fd);
    unsetenv("NOTIFY_SOCKET");
}

static void without_a_manager_nothing_happens(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(sd_notify_ready(), 0);
    assert_int_equal(sd_notify_watchdog(), 0);
    setenv("NOTIFY_SOCKET", "", 1);
    assert_int_equal(sd_notify_stopping(), 0);
}

static void a_bad_address_is_an_error_and_no_more(void **state)
{
    (void)state;
    char name[300];
    setenv("NOTIFY_SOCKET", "relative", 1);
    assert_int_equal(sd_notify_ready(), -EAFNOSUPPORT);
    setenv("NOTIFY_SOCKET", "@", 1);
    assert_int_equal(sd_notify_ready(), -EAFNOSUPPORT);
    setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
    assert_int_equal(sd_notify_ready(), -ENOENT);
    memset(name, '/', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    setenv("NOTIFY_SOCKET", name, 1);
    assert_int_equal(sd_notify_ready(), -ENAMETOOLONG);
    unsetenv("NOTIFY_SOCKET");
}

static void the_watchdog_is_fed_at_half_its_time(void **state)
{
    (void)state;
    char pid[32];
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    assert_int_equal(sd_notify_watchdog_ms(), 0);
    setenv("WATCHDOG_USEC", "3000000", 1);
    assert_int_equal(sd_notify_watchdog_ms(), 1500);
    setenv("WATCHDOG_USEC", "400000", 1);
    assert_int_equal(sd_notify_watchdog_ms(), 200);
    setenv("WATCHDOG_USEC", "9998000", 1);
    assert_int_equal(sd_notify_watchdog_ms(), 4999);
    setenv("WATCHDOG_USEC", "60000000", 1);
    assert_int_equal(sd_notify_watchdog_ms(), 5000);
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(sd_notify_watchdog_ms(), 5000);
    setenv("WATCHDOG_PID", "1", 1); /* the parent's, inherited */
    assert_int_equal(sd_notify_watchdog_ms(), 0);
    unsetenv("WATCHDOG_PID");
    setenv("WATCHDOG_USEC", "rubbish", 1);
    assert_int_equal(sd_notify_watchdog_ms(), 0);
    unsetenv("WATCHDOG_USEC");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_arrive_at_a_path),
        cmocka_unit_test(words_arrive_at_an_abstract_name),
        cmocka_unit_test(no_word_leaves_a_descriptor_open),
        cmocka_unit_test(a_long_status_is_cut),
        cmocka_unit_test(without_a_manager_nothing_happens),
        cmocka_unit_test(a_bad_address_is_an_error_and_no_more),
        cmocka_unit_test(the_watchdog_is_fed_at_half_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
