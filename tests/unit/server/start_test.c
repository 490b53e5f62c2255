// SPDX-License-Identifier: MIT
/*
 * How picoord starts, or says why not: --init and --check with their exit statuses, the
 * banner, errors in two lines, descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "common/join/join.h"
#include "common/wire/wire.h"
#include "server/access/access.h"
#include "server/banner.h"
#include "server/fd_limit.h"
#include "server/init.h"
#include "server/startup_error.h"
#include "server/state_check.h"
#include "tests/lib/caught.h"
#include "tests/lib/database_rig.h"
#include "tests/lib/golden.h"

static int begin(void **state)
{
    scratch_make(state);
    return setenv("XDG_RUNTIME_DIR", scratch_folder, 1);
}

/* The text with the scratch folder as FOLDER. */
static char *shown(char *text)
{
    size_t n = strlen(scratch_folder);
    for (char *at; (at = strstr(text, scratch_folder));) {
        memcpy(at, "FOLDER", 6);
        memmove(at + 6, at + n, strlen(at + n) + 1);
    }
    return text;
}

static void loopback(struct sockaddr_in *ret, int port)
{
    assert_int_equal(uv_ip4_addr("127.0.0.1", port, ret), 0);
}

/* ---- --init ---- */

static void keys_are_made_once_and_told_each_time(void **state)
{
    struct server_options o = {.n_addresses = 1};
    char first[1024];
    (void)state;
    o.access.state = scratch("state");
    loopback((struct sockaddr_in *)&o.addresses[0], 4711);
    for (int i = 0; i < 2; i++) {
        char expected[256];
        caught_begin(STDOUT_FILENO);
        caught_begin(STDERR_FILENO);
        assert_int_equal(init_run(&o), 0);
        snprintf(expected, sizeof(expected), "picoord: %s FOLDER/state\n",
                 i ? "there are key and tokens in" : "new key and tokens in");
        assert_string_equal(shown(caught_end(STDERR_FILENO)), expected);
        char *lines = caught_end(STDOUT_FILENO);
        if (i)
            assert_string_equal(lines, first);
        snprintf(first, sizeof(first), "%s", lines);
        char join[2][JOIN_TEXT_BYTES];
        assert_int_equal(
            sscanf(lines, "PI_JOIN=%s piworker\nPI_JOIN=%s pictl", join[0], join[1]),
            2);
        assert_string_not_equal(join[0], join[1]);
        assert_string_equal(golden_mask(lines, "pi1.127.0.0.1:4711.", " "),
                            "PI_JOIN=pi1.127.0.0.1:4711.* piworker\n"
                            "PI_JOIN=pi1.127.0.0.1:4711.* pictl\n");
    }
    assert_int_equal(scratch_count(o.access.state), 5);
    scratch_write(scratch("file"), "x", 0600);
    o.access.state = scratch("file");
    caught_begin(STDERR_FILENO);
    assert_int_equal(init_run(&o), 7);
    assert_memory_equal(caught_end(STDERR_FILENO), "picoord: ", 9);
}

/* ---- --check ---- */

static int check(const char *state, const char **ret_out, const char **ret_err)
{
    struct access_config config = {.state = state};
    caught_begin(STDOUT_FILENO);
    caught_begin(STDERR_FILENO);
    int status = state_check(&config);
    *ret_err = shown(caught_end(STDERR_FILENO));
    *ret_out = shown(caught_end(STDOUT_FILENO));
    return status;
}

static void a_check_says_what_is_sound_and_what_is_not(void **state)
{
    const char *out, *err;
    struct access *a;
    struct error why;
    (void)state;
    assert_int_equal(check(scratch("nowhere"), &out, &err), 7);
    assert_memory_equal(err, "picoord: ", 9);
    assert_int_equal(mkdir(scratch("state"), 0700), 0);
    assert_int_equal(check(scratch("state"), &out, &err), 7);
    assert_non_null(strstr(err, "picoord: cannot check FOLDER/state/state.db: "));
    assert_non_null(strstr(err, "hint: --state DIR names the directory\n"));
    snprintf(path, sizeof(path), "%s", scratch("state/state.db"));
    write_example();
    const char *sound = "FOLDER/state/state.db is sound: 2 jobs, 1 done, 2 rows, 1 "
                        "answers, 1 excluded workers\n";
    for (int i = 0; i < 2; i++) { /* it leaves it as it is */
        assert_int_equal(check(scratch("state"), &out, &err), 0);
        assert_string_equal(out, sound);
        assert_int_equal(check(scratch("state/state.db"), &out, &err), 0);
        assert_string_equal(out, sound);
    }
    struct access_config config = {.state = scratch("state")};
    assert_int_equal(access_lock(&config, &a, &why), 0);
    assert_int_equal(check(scratch("state"), &out, &err), 7);
    assert_non_null(strstr(err, "is in use by picoord with pid "));
    access_free(a);
    execute("UPDATE shares SET hits = hits + 1 WHERE trials > 65536");
    assert_int_equal(check(scratch("state"), &out, &err), 1);
    assert_memory_equal(out, "broken: ", 8);
    assert_non_null(strstr(out, "FOLDER/state/state.db is not sound\n"));
    scratch_write(scratch("state/state.db-wal"), "x", 0600);
    assert_int_equal(check(scratch("state/state.db"), &out, &err), 7);
    assert_string_equal(err,
                        "picoord: cannot check FOLDER/state/state.db alone: it has a "
                        "log\nhint: name its directory: --state DIR\n");
}

/* ---- the banner ---- */

static struct access *announced(const char (*listening)[ADDRESS_BYTES], size_t n,
                                const char *advertise)
{
    struct access *a;
    struct error why;
    struct access_config config = {.ephemeral = true, .advertise = advertise};
    assert_int_equal(access_new(&config, &a, &why), 0);
    assert_int_equal(access_announce(a, listening, n, &why), 0);
    return a;
}

static void write_banner(FILE *out, const char (*listening)[ADDRESS_BYTES], size_t n,
                         const char *advertise, bool open)
{
    struct access *a = announced(listening, n, advertise);
    banner_print(out, a, open, listening, n, 17);
    access_free(a);
}

static void the_banner_is_whole(void **state)
{
    static const char here[][ADDRESS_BYTES] = {"127.0.0.1:4711", "[::1]:4711"};
    static const char there[][ADDRESS_BYTES] = {"192.0.2.7:4712", "192.0.2.8:4713"};
    char *text = NULL;
    size_t n;
    (void)state;
    FILE *out = open_memstream(&text, &n);
    write_banner(out, here, 2, NULL, false);
    write_banner(out, there, 2, NULL, false);
    write_banner(out, here + 1, 1, "pi.example:99", false);
    write_banner(out, here, 2, NULL, true); /* nobody reaches it */
    write_banner(out, here, 1, "192.0.2.9:99", true);
    write_banner(out, here, 1, "[2001:db8::9]:99", true);
    fclose(out);
    golden_mask(text, "picoord ", " ");
    golden_mask(text, "pi1.192.0.2.7:4712.", " ");
    golden_mask(text, "pi1.192.0.2.8:4713.", " ");
    golden_mask(text, "pi1.pi.example:99.", " ");
    golden_mask(text, "pi1.[::1]:4711.", " ");
    golden_mask(text, "pi1.192.0.2.9:99.", " ");
    golden_mask(text, "pi1.[2001:db8::9]:99.", " ");
    golden("picoord-banner.txt", text);
    free(text);
}

static void its_log_line_has_each_address(void **state)
{
    static const char listening[][ADDRESS_BYTES] = {"127.0.0.1:4711", "[::1]:4712",
                                                    "10.0.0.1:4713"};
    char expected[128];
    (void)state;
    caught_begin(STDERR_FILENO);
    banner_log(listening, 3);
    snprintf(expected, sizeof(expected),
             "INFO  listening addr=127.0.0.1:4711 also=[::1]:4712 also=10.0.0.1:4713 "
             "pid=%d\n",
             (int)getpid());
    assert_non_null(strstr(caught_end(STDERR_FILENO), expected));
}

/* ---- errors ---- */

static void errors_are_two_lines_and_exit_7(void **state)
{
    struct error why;
    (void)state;
    caught_begin(STDERR_FILENO);
    assert_int_equal(startup_error("start", "it", -EACCES, "do that"), 7);
    assert_int_equal(startup_error("start", "a\nb", -ENOMEM, NULL), 7);
    (void)error_set(&why, -EIO, "see to it", "it is %s", "broken");
    assert_int_equal(startup_error_print(&why), 7);
    (void)error_set(&why, -EIO, "", "it is broken");
    assert_int_equal(startup_error_print(&why), 7);
    assert_int_equal(startup_error_state("/st", "two rows overlap"), 7);
    golden("picoord-errors.txt", caught_end(STDERR_FILENO));
}

static int listen_there(struct sockaddr_in *ret)
{
    socklen_t bytes = sizeof(*ret);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    loopback(ret, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)ret, sizeof(*ret)), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)ret, &bytes), 0);
    return fd;
}

static const char *not_listened(const struct sockaddr_in *at, int err)
{
    char address[ADDRESS_BYTES], *said;
    address_text((const struct sockaddr *)at, address);
    caught_begin(STDERR_FILENO);
    assert_int_equal(startup_error_listen((const struct sockaddr *)at, err), 7);
    said = caught_end(STDERR_FILENO);
    for (char *in; (in = strstr(said, address));) {
        memcpy(in, "ADDR", 4);
        memmove(in + 4, in + strlen(address), strlen(in + strlen(address)) + 1);
    }
    return said;
}

/* A child that answers one Hello with a refusal, as picoord does. */
static pid_t refuse_one(int listener)
{
    pid_t child = fork();
    if (child > 0)
        return child;
    uint8_t frame[1024], hello[1024];
    struct msg m = refusal_msg(REFUSAL_PLAINTEXT, "only in TLS", "");
    struct arena arena;
    arena_init(&arena, 0);
    size_t n = wire_encode(&m, &arena, frame, sizeof(frame));
    alarm(60);
    int fd = accept(listener, NULL, NULL);
    if (read(fd, hello, sizeof(hello)) > 0 && write(fd, frame, n) == (ssize_t)n)
        while (read(fd, hello, sizeof(hello)) > 0)
            ;
    _exit(0);
}

static void who_has_the_port_is_told(void **state)
{
    struct sockaddr_in at;
    (void)state;
    loopback(&at, 4711);
    assert_string_equal(
        not_listened(&at, UV_EADDRNOTAVAIL),
        "picoord: cannot listen on ADDR: address not available\nhint: this "
        "machine has no such address; --lan listens on all that it has\n");
    assert_string_equal(
        not_listened(&at, UV_EACCES),
        "picoord: cannot listen on ADDR: permission denied\nhint: choose "
        "another port, or --listen 127.0.0.1:0 for any free one\n");
    int listener = listen_there(&at);
    assert_string_equal(
        not_listened(&at, UV_EADDRINUSE), /* it says nothing */
        "picoord: cannot listen on ADDR: address already in use\nhint: "
        "choose another port, or --listen 127.0.0.1:0 for any free one\n");
    close(listener);
    listener = listen_there(&at);
    pid_t child = refuse_one(listener);
    assert_string_equal(
        not_listened(&at, UV_EADDRINUSE),
        "picoord: cannot listen on ADDR: address already in use\nhint: "
        "another picoord answers there: pictl --coordinator ADDR status. "
        "Or choose --listen 127.0.0.1:0\n");
    kill(child, SIGKILL);
    close(listener);
}

/* ---- descriptors ---- */

static void open_descriptors_are_counted(void **state)
{
    (void)state;
    int fds[3];
    uint32_t before = (uint32_t)scratch_count("/proc/self/fd") - 1; /* the folder */
    assert_int_equal(fd_limit_count(0), before);
    for (size_t i = 0; i < 3; i++)
        fds[i] = open("/dev/null", O_RDONLY);
    assert_int_equal(fd_limit_count(99), before + 3);
    for (size_t i = 0; i < 3; i++)
        close(fds[i]);
    assert_int_equal(fd_limit_count(99), before);
}

static void the_limit_is_raised_as_far_as_it_goes(void **state)
{
    struct rlimit was, limit;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
    (void)setrlimit(RLIMIT_NOFILE, &(struct rlimit){200, 300});
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max != 300)
        skip(); /* under valgrind */
    assert_int_equal(fd_limit_raise(), 300);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(limit.rlim_cur, 300);
    (void)setrlimit(RLIMIT_NOFILE, &was); /* only root can */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keys_are_made_once_and_told_each_time),
        TEST(a_check_says_what_is_sound_and_what_is_not),
        TEST(the_banner_is_whole),
        TEST(its_log_line_has_each_address),
        TEST(errors_are_two_lines_and_exit_7),
        TEST(who_has_the_port_is_told),
        TEST(open_descriptors_are_counted),
        TEST(the_limit_is_raised_as_far_as_it_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
