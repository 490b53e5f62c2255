// SPDX-License-Identifier: MIT
/*
 * How programs of one user find the coordinator: live and dead ones, and untrusted
 * folders.  Other coordinators are forked processes that announce themselves and wait
 * to be killed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/join/rendezvous.h"
#include "tests/lib/scratch.h"

#define KEY ".aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq"
#define WORKER KEY ".eaqseizeeutcokbjfivsyljof4"
#define OPERATOR KEY ".aaaqeayeaudaocajbifqydiob4"

static struct error why;
static struct rendezvous_entry entries[RENDEZVOUS_MAX];

static int begin(void **state)
{
    int err = scratch_make(state);
    return err ? err : setenv("XDG_RUNTIME_DIR", scratch_folder, 1);
}

static const struct rendezvous_joins here = {"pi1.127.0.0.1:3999" WORKER,
                                             "pi1.[::1]:4000" OPERATOR,
                                             "pi1.127.0.0.1:4000" WORKER};

static struct rendezvous *announce(void)
{
    struct rendezvous *r = NULL;
    if (rendezvous_announce(&here, &r, &why) < 0)
        fail_msg("%s", why.what);
    return r;
}

static size_t found(enum role role)
{
    size_t n = 99;
    if (rendezvous_find(role, entries, &n, &why) < 0)
        fail_msg("%s", why.what);
    return n;
}

/* Another process that has announced itself. */
static pid_t other(void)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct rendezvous *r;
        const struct rendezvous_joins there = {"pi1.127.0.0.1:5000" WORKER,
                                               "pi1.127.0.0.1:5000" OPERATOR,
                                               "pi1.127.0.0.1:5000" WORKER};
        if (rendezvous_announce(&there, &r, &why) < 0)
            _exit(1);
        (void)!write(ready[1], "!", 1);
        pause();
        _exit(0);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static const char *folder_of(pid_t pid)
{
    char name[64];
    snprintf(name, sizeof(name), "picoord/%d", (int)pid);
    return scratch(name);
}

static void nobody_is_found_where_nobody_is(void **state)
{
    (void)state;
    assert_int_equal(found(ROLE_WORKER), 0);
    assert_int_equal(scratch_count(scratch_folder), 0); /* looking makes nothing */
}

static void each_role_finds_its_own_join_string(void **state)
{
    (void)state;
    struct rendezvous *r = announce();
    pid_t pid = other();
    struct stat st;
    size_t i = pid < getpid();
    assert_int_equal(found(ROLE_WORKER), 2);
    assert_int_equal(entries[i].pid, getpid());
    assert_string_equal(entries[i].join.host, "127.0.0.1");
    assert_string_equal(entries[i].join.port, "4000");
    assert_int_equal(entries[i].join.token[0], 32);
    assert_int_equal(entries[!i].pid, pid);
    assert_string_equal(entries[!i].join.port, "5000");
    assert_int_equal(found(ROLE_OPERATOR), 2);
    assert_string_equal(entries[i].join.host, "::1");
    assert_int_equal(entries[i].join.token[0], 0);
    assert_int_equal(stat(folder_of(pid), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    end(pid);
    rendezvous_withdraw(r);
}

static void who_withdraws_leaves_nothing(void **state)
{
    (void)state;
    struct rendezvous *r = announce();
    assert_int_equal(scratch_count(folder_of(getpid())), 4);
    rendezvous_withdraw(r);
    assert_int_equal(scratch_count(scratch("picoord")), 0);
    assert_int_equal(found(ROLE_WORKER), 0);
    rendezvous_withdraw(NULL);
}

static void the_dead_are_skipped_and_then_removed(void **state)
{
    (void)state;
    pid_t pid = other();
    assert_int_equal(found(ROLE_WORKER), 1);
    end(pid);
    scratch_write(scratch("picoord/1"), "no folder of ours", 0600);
    assert_int_equal(found(ROLE_WORKER), 0);
    assert_int_equal(scratch_count(folder_of(pid)), 4); /* who looks removes nothing */
    struct rendezvous *r = announce();
    assert_int_equal(scratch_count(folder_of(pid)), -1);
    assert_int_equal(found(ROLE_WORKER), 1);
    rendezvous_withdraw(r);
}

/* Who looks holds a lock for a moment, and is no coordinator. */
static void two_who_look_do_not_take_each_other_for_one(void **state)
{
    char path[PATH_MAX];
    (void)state;
    pid_t pid = other();
    end(pid);
    snprintf(path, sizeof(path), "%s/lock", folder_of(pid));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_SH | LOCK_NB), 0);
    assert_int_equal(found(ROLE_WORKER), 0);
    close(fd);
}

/* A peer tests a lock for a moment; who holds it throughout is waited for in vain. */
static void a_lock_that_another_keeps_is_not_taken(void **state)
{
    char path[PATH_MAX], text[PATH_MAX + 64];
    struct rendezvous *r = NULL;
    (void)state;
    assert_int_equal(mkdir(scratch("picoord"), 0700), 0);
    assert_int_equal(mkdir(folder_of(getpid()), 0700), 0);
    snprintf(path, sizeof(path), "%s/lock", folder_of(getpid()));
    scratch_write(path, "", 0600);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(rendezvous_announce(&here, &r, &why), -EWOULDBLOCK);
    assert_null(r);
    snprintf(text, sizeof(text),
             "cannot lock %s: another process of this number holds it", path);
    assert_string_equal(why.what, text);
    assert_int_equal(scratch_count(folder_of(getpid())), 1); /* still its own */
    close(fd);
    rendezvous_withdraw(announce());
}

static void a_folder_that_is_no_process_is_none(void **state)
{
    static const char *const names[] = {"0%d", "%d ", "%dx", "-%d", "%d00000000"};
    char name[64], path[PATH_MAX];
    (void)state;
    pid_t pid = other();
    snprintf(path, sizeof(path), "%s", folder_of(pid));
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        size_t at = (size_t)snprintf(name, sizeof(name), "picoord/");
        const char *number = strstr(names[i], "%d");
        snprintf(name + at, sizeof(name) - at, "%.*s%d%s", (int)(number - names[i]),
                 names[i], (int)pid, number + 2);
        assert_int_equal(found(ROLE_WORKER), 1);
        assert_int_equal(rename(path, scratch(name)), 0);
        assert_int_equal(found(ROLE_WORKER), 0);
        assert_int_equal(rename(scratch(name), path), 0);
    }
    end(pid);
}

static void what_another_has_put_in_its_place_stays(void **state)
{
    (void)state;
    struct rendezvous *r = announce();
    assert_int_equal(rename(folder_of(getpid()), scratch("moved")), 0);
    assert_int_equal(mkdir(folder_of(getpid()), 0700), 0);
    scratch_write(scratch("moved/a"), "", 0600);
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/lock", folder_of(getpid()));
    scratch_write(path, "", 0600);
    rendezvous_withdraw(r);
    assert_int_equal(scratch_count(folder_of(getpid())), 1);
}

static void a_start_that_was_killed_half_way_is_removed_too(void **state)
{
    (void)state;
    assert_int_equal(mkdir(scratch("picoord"), 0700), 0);
    assert_int_equal(mkdir(folder_of(77), 0700), 0);
    assert_int_equal(mkdir(folder_of(getpid()), 0700), 0);
    scratch_write(scratch("picoord/77/worker.join.77"), "a draft", 0600);
    assert_int_equal(found(ROLE_WORKER), 0);
    struct rendezvous *r = announce();
    assert_int_equal(scratch_count(folder_of(77)), -1);
    assert_int_equal(found(ROLE_WORKER), 1);
    rendezvous_withdraw(r);
}

static void a_rotated_token_is_announced(void **state)
{
    (void)state;
    struct rendezvous *r = announce();
    const struct rendezvous_joins next = {"pi1.127.0.0.1:4000" WORKER,
                                          "pi1.127.0.0.1:4000" OPERATOR,
                                          "pi1.127.0.0.1:4000" OPERATOR};
    assert_int_equal(rendezvous_renew(r, &next, &why), 0);
    assert_int_equal(found(ROLE_WORKER), 1);
    assert_int_equal(entries[0].join.token[0], 0);
    rendezvous_withdraw(r);
}

/* Of an older picoord there is only that of all workers. */
static void workers_of_this_user_have_a_token_of_their_own(void **state)
{
    (void)state;
    struct rendezvous *r = announce();
    char path[PATH_MAX];
    assert_int_equal(found(ROLE_WORKER), 1);
    assert_string_equal(entries[0].join.port, "4000");
    snprintf(path, sizeof(path), "%s/local-worker.join", folder_of(getpid()));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(found(ROLE_WORKER), 1);
    assert_string_equal(entries[0].join.port, "3999");
    rendezvous_withdraw(r);
}

static void join_strings_that_others_may_read_are_not_taken(void **state)
{
    (void)state;
    struct rendezvous *r = announce();
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/local-worker.join", folder_of(getpid()));
    assert_int_equal(chmod(path, 0644), 0);
    size_t n;
    assert_int_equal(rendezvous_find(ROLE_WORKER, entries, &n, &why), -EPERM);
    assert_non_null(strstr(why.what, "may be read by others (mode 0644)"));
    assert_int_equal(found(ROLE_OPERATOR), 1);
    rendezvous_withdraw(r);
}

static void a_place_that_is_not_ours_alone_is_not_trusted(void **state)
{
    (void)state;
    size_t n;
    struct rendezvous *r;
    assert_int_equal(mkdir(scratch("picoord"), 0755), 0);
    assert_int_equal(rendezvous_find(ROLE_WORKER, entries, &n, &why), -EPERM);
    assert_int_equal(rendezvous_announce(&here, &r, &why), -EPERM);
    assert_int_equal(rmdir(scratch("picoord")), 0);
    assert_int_equal(symlink("/tmp", scratch("picoord")), 0);
    assert_int_equal(rendezvous_find(ROLE_WORKER, entries, &n, &why), -ELOOP);
    assert_int_equal(rendezvous_announce(&here, &r, &why), -ELOOP);
}

static void a_runtime_folder_of_others_is_passed_over(void **state)
{
    (void)state;
    size_t n;
    struct rendezvous *r = announce();
    assert_int_equal(chmod(scratch_folder, 0755), 0);
    /* What is in /tmp/picoord-UID is not ours to say, but this one is not among it. */
    if (rendezvous_find(ROLE_WORKER, entries, &n, &why) == 0)
        for (size_t i = 0; i < n; i++)
            assert_int_not_equal(entries[i].pid, getpid());
    assert_int_equal(chmod(scratch_folder, 0700), 0);
    rendezvous_withdraw(r);
}

static void looking_never_makes_another_seem_dead(void **state)
{
    (void)state;
    struct rendezvous *r = announce();
    pid_t pids[4];
    for (size_t k = 0; k < ARRAY_SIZE(pids); k++) {
        pids[k] = fork();
        for (int i = 0; pids[k] == 0 && i < 300; i++)
            if (found(ROLE_WORKER) != 1)
                _exit(1);
        if (pids[k] == 0)
            _exit(0);
    }
    for (size_t k = 0; k < ARRAY_SIZE(pids); k++) {
        int status;
        assert_int_equal(waitpid(pids[k], &status, 0), pids[k]);
        assert_int_equal(status, 0);
    }
    rendezvous_withdraw(r);
}

static void what_has_gone_is_told(void **state)
{
    static const char *const names[] = {"local-worker.join", "worker.join",
                                        "operator.join", "lock"};
    char path[PATH_MAX + 32];
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct rendezvous *r = announce();
        assert_true(rendezvous_is_found(r));
        snprintf(path, sizeof(path), "%s/picoord/%d/%s", scratch_folder, (int)getpid(),
                 names[i]);
        assert_int_equal(unlink(path), 0);
        assert_false(rendezvous_is_found(r));
        if (i + 1 == ARRAY_SIZE(names)) { /* a lock of somebody else */
            scratch_write(path, "", 0600);
            assert_false(rendezvous_is_found(r));
        }
        rendezvous_withdraw(r);
    }
    /* peers look elsewhere now, where it is not */
    struct rendezvous *r = announce();
    snprintf(path, sizeof(path), "%s/anew", scratch_folder);
    assert_int_equal(mkdir(path, 0700), 0);
    setenv("XDG_RUNTIME_DIR", path, 1);
    assert_false(rendezvous_is_found(r));
    rendezvous_withdraw(r);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_is_found_where_nobody_is),
        TEST(each_role_finds_its_own_join_string),
        TEST(who_withdraws_leaves_nothing),
        TEST(the_dead_are_skipped_and_then_removed),
        TEST(two_who_look_do_not_take_each_other_for_one),
        TEST(a_lock_that_another_keeps_is_not_taken),
        TEST(a_folder_that_is_no_process_is_none),
        TEST(what_another_has_put_in_its_place_stays),
        TEST(a_start_that_was_killed_half_way_is_removed_too),
        TEST(a_rotated_token_is_announced),
        TEST(workers_of_this_user_have_a_token_of_their_own),
        TEST(join_strings_that_others_may_read_are_not_taken),
        TEST(a_place_that_is_not_ours_alone_is_not_trusted),
        TEST(a_runtime_folder_of_others_is_passed_over),
        TEST(what_has_gone_is_told),
        TEST(looking_never_makes_another_seem_dead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
