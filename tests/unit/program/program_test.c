// SPDX-License-Identifier: MIT
/*
 * What children do, right and wrong: each failure is its sentence, nothing is counted
 * wrong, and nothing is left running.  The test is the reaper of all orphans, so it
 * notices what a child leaves behind; an alarm is the bound of that wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/program/program.h"
#include "tests/lib/scratch.h"

/* Counts even trials; a child says $1 with each request. */
#define EVENS(also)                                                                    \
    "while read -r c seed f n t; do " also                                             \
    "echo $f $(((f + n + 1) / 2 - (f + 1) / 2)); done"

enum {
    TRIALS = 1000,
    SHORT_MS = 100, /* for children that never answer */
    LOST_S = 60,    /* no test waits so long */
};

static int setup(void **state)
{
    (void)state;
    struct rlimit core;
    signal(SIGPIPE, SIG_IGN);
    getrlimit(RLIMIT_CORE, &core);
    core.rlim_cur = core.rlim_max; /* children have none all the same */
    setrlimit(RLIMIT_CORE, &core);
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static void assert_nothing_runs(void)
{
    alarm(LOST_S);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        continue;
    alarm(0);
    assert_int_equal(errno, ECHILD);
}

/* What a test that has failed has left behind is ended, so that no other waits for it.
 */
static int reap(void **state)
{
    (void)state;
    for (int pid, i = 0; i < LOST_S; i++) {
        FILE *in = fopen("/proc/thread-self/children", "r");
        while (in && fscanf(in, "%d", &pid) == 1)
            kill(pid, SIGKILL);
        if (in)
            fclose(in);
        if (waitpid(-1, NULL, 0) < 0)
            return 0;
    }
    return -1;
}

static struct counter *start(const char *command)
{
    const struct program_config config = {.name = "x", .command = command, .thread = 3};
    return program_new(&config);
}

static const struct program_call plain = {.seed = 42, .arg = "", .cancel_fd = -1};

/* The hits of trials [first, first + n), which the child must count. */
static uint64_t count(struct counter *p, uint64_t first, uint64_t n)
{
    struct program_failure why;
    uint64_t hits = 0;
    int err = program_count(p, &plain, first, n, n, NULL, &hits, &why);
    if (err)
        fail_msg("%s\n%s", why.why, why.stderr_);
    return hits;
}

/* ---- children that fail ---- */

struct bad_child {
    const char *command, *why, *hint, *stderr_; /* NULL: there is none */
    int64_t patience_ms;
    bool once; /* by a new start it would get on, and count right */
};

#define LINE_HINT "each request gets one line, FIRST HITS, and nothing else on stdout"
#define FLUSH_HINT "does it flush its output after each answer?"

static const struct bad_child bad_children[] = {
    {.command = "exit 3", .why = "exited with 3"},
    {.command = "/no/such/thing",
     .why = "exited with 127 (no such command): \"sh: 1: /no/such/thing: not found\"",
     .stderr_ = "sh: 1: /no/such/thing: not found"},
    {.command = "/dev/null",
     .why = "exited with 126 (cannot be run): \"sh: 1: /dev/null: Permission denied\"",
     .stderr_ = "sh: 1: /dev/null: Permission denied"},
    {.command = "read -r r; kill -SEGV $$", .why = "was killed by Segmentation fault"},
    {.command = "read -r r; echo one >&2; echo two >&2; echo >&2; exit 1",
     .why = "exited with 1: \"two\"",
     .stderr_ = "one\ntwo"},
    {.command = "echo hello; cat >/dev/null",
     .why = "answered \"hello\" without being asked|answered \"hello\", which is no "
            "answer",
     .hint = LINE_HINT},
    {.command = "read -r r; echo yes; cat >/dev/null",
     .why = "answered \"yes\", which is no answer",
     .hint = LINE_HINT},
    {.command = "read -r r; echo 41; cat >/dev/null",
     .why = "answered \"41\", which is no answer",
     .hint = LINE_HINT},
    {.command = "read -r r; echo 0 41 7; cat >/dev/null",
     .why = "answered \"0 41 7\", which is no answer",
     .hint = LINE_HINT,
     .patience_ms = SHORT_MS},
    {.command = "read -r r; seq 20000 >&2; exit 1",
     .why = "exited with 1: \"20000\"",
     .stderr_ = "19981\n19982\n19983\n19984\n19985\n19986\n19987\n19988\n19989\n19990\n"
                "19991\n19992\n19993\n19994\n19995\n19996\n19997\n19998\n19999\n20000"},
    {.command = "read -r r; printf 'caf\\351\\033[1m' >&2; exit 1",
     .why = "exited with 1: \"caf??[1m\"",
     .stderr_ = "caf??[1m"},
    {.command = "read -r r; echo 0 -1; cat >/dev/null",
     .why = "answered \"0 -1\", which is no answer",
     .hint = LINE_HINT},
    {.command = "read -r r; echo 0 1.5; cat >/dev/null",
     .why = "answered \"0 1.5\", which is no answer",
     .hint = LINE_HINT},
    {.command = "read -r r; echo 0 99999999999999999999; cat >/dev/null",
     .why = "answered \"0 99999999999999999999\", which is no answer",
     .hint = LINE_HINT},
    {.command = "read -r r; head -c 40000000 /dev/zero | tr '\\0' x; cat >/dev/null",
     .why =
         "answered \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxx...\", which is no answer",
     .hint = LINE_HINT},
    {.command = "while read -r c s f n; do echo $f 1; echo $f 1; done",
     .why = "answered \"0 1\" when the answer for trial 100 was due",
     .hint = LINE_HINT,
     .once = true},
    {.command = "read -r r; echo 0 1001; cat >/dev/null",
     .why = "answered \"0 1001\" for 100 trials: more than one hit each",
     .hint = LINE_HINT},
    {.command = "read -r r; printf '0 41'; exit 0", .why = "exited with 0"},
    {.command = "read -r r; printf '0 41'; exec sleep 1000",
     .why = "did not end the line \"0 41\" within 0.1 s",
     .hint = FLUSH_HINT,
     .patience_ms = SHORT_MS},
    {.command = "exec sleep 1000",
     .why = "did not answer within 0.1 s",
     .hint = FLUSH_HINT,
     .patience_ms = SHORT_MS},
    {.command = "exec <&-; exec sleep 1000",
     .why = "did not answer within 0.1 s",
     .hint = FLUSH_HINT,
     .patience_ms = SHORT_MS},
    {.command = "exec >&-; trap '' TERM HUP INT; sleep 1000 & sleep 1000",
     .why = "closed its output"},
    {.command = "trap '' TERM HUP INT; (trap '' TERM HUP INT; sleep 1000) & sleep 1000",
     .why = "did not answer within 0.1 s",
     .hint = FLUSH_HINT,
     .patience_ms = SHORT_MS},
    {.command = "sleep 1000 & exit 4", .why = "exited with 4", .patience_ms = SHORT_MS},
};

/* why may be one of two that are separated by '|'. */
static bool is_one_of(const char *why, const char *due)
{
    size_t n = strlen(why);
    const char *at = strstr(due, why);
    return n > 0 && at && (at == due || at[-1] == '|') && (!at[n] || at[n] == '|');
}

static void each_failure_has_its_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad_children); i++) {
        const struct bad_child *bad = &bad_children[i];
        const struct program_config config = {.name = "x",
                                              .command = bad->command,
                                              .patience_ms = bad->patience_ms,
                                              .once = bad->once};
        struct counter *p = program_new(&config);
        struct program_failure why = {.why = "none"};
        uint64_t hits = 7;
        int err = program_count(p, &plain, 0, TRIALS, TRIALS / 10, NULL, &hits, &why);
        program_free(p);
        if (err != -EPROTO || !is_one_of(why.why, bad->why) ||
            (bad->hint && (!why.hint || strcmp(why.hint, bad->hint) != 0)) ||
            strcmp(why.stderr_, bad->stderr_ ? bad->stderr_ : "") != 0)
            fail_msg("%s\n%d: %s\nhint: %s\n%s", bad->command, err, why.why, why.hint,
                     why.stderr_);
        assert_int_equal(hits, 7);
        assert_nothing_runs();
    }
}

/* ---- children that do what they may ---- */

static const char *const good_children[] = {
    EVENS(""),
    EVENS("echo word >&2; "),
    EVENS("head -c 200000 /dev/zero >&2; "), /* more than a pipe holds */
    "while read -r c seed f n t; do "
    "printf ' %d\\t%d \\r\\n' $f $(((f + n + 1) / 2 - (f + 1) / 2)); done",
    /* One answer each, and an end: */
    "read -r c seed f n t; echo $f $(((f + n + 1) / 2 - (f + 1) / 2))",
    /* Half of an answer at first: */
    "while read -r c seed f n t; do printf %s $f; "
    "echo \" $(((f + n + 1) / 2 - (f + 1) / 2))\"; done",
};

static void good_children_count_right(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good_children); i++) {
        struct counter *p = start(good_children[i]);
        struct program_failure why;
        uint64_t sub[8], hits = 0;
        int err = program_count(p, &plain, 1, 50, 7, sub, &hits, &why);
        if (err)
            fail_msg("%s\n%s", good_children[i], why.why);
        assert_int_equal(hits, 25);
        for (int k = 0; k < 8; k++)
            assert_int_equal(sub[k], k == 7 ? 1 : k % 2 ? 4 : 3);
        assert_int_equal(count(p, 0, 1), 1);
        program_free(p);
        assert_nothing_runs();
    }
}

/* A second failure at another piece is a new one. */
static void who_fails_once_is_asked_again(void **state)
{
    (void)state;
    struct counter *p = start("read -r c seed f n t; echo $f 0; exit 3");
    uint64_t hits;
    struct program_failure why;
    assert_int_equal(program_count(p, &plain, 0, 64, 1, NULL, &hits, &why), 0);
    assert_int_equal(hits, 0);
    program_free(p);
    assert_nothing_runs();
}

/* One line too many comes when nothing is asked: it is not the answer to what comes. */
static void an_answer_between_requests_is_none(void **state)
{
    (void)state;
    int go[2], told[2];
    char byte, command[200];
    assert_int_equal(pipe(go), 0);
    assert_int_equal(pipe(told), 0);
    snprintf(command, sizeof(command),
             "read -r r; echo 0 0; read -r g </proc/%d/fd/%d; echo 1 0; "
             "echo x >/proc/%d/fd/%d; cat >/dev/null",
             getpid(), go[0], getpid(), told[1]);
    const struct program_config config = {
        .name = "x", .command = command, .patience_ms = SHORT_MS, .once = true};
    struct counter *p = program_new(&config);
    struct program_failure why;
    uint64_t hits;
    assert_int_equal(program_count(p, &plain, 0, 1, 1, NULL, &hits, &why), 0);
    assert_int_equal(write(go[1], "\n", 1), 1);
    assert_int_equal(read(told[0], &byte, 1), 1);
    assert_int_equal(program_count(p, &plain, 1, 1, 1, NULL, &hits, &why), -EPROTO);
    assert_string_equal(why.why, "answered \"1 0\" without being asked");
    program_free(p);
    for (int i = 0; i < 2; i++) {
        close(go[i]);
        close(told[i]);
    }
    assert_nothing_runs();
}

static void scores_are_larger_than_hits(void **state)
{
    (void)state;
    struct counter *p =
        start("while read -r c seed f n t; do echo $f $((n * 65536)); done");
    struct program_call call = plain;
    struct program_failure why;
    uint64_t hits;
    assert_int_equal(program_count(p, &call, 0, 3, 3, NULL, &hits, &why), -EPROTO);
    call.score = true;
    assert_int_equal(program_count(p, &call, 0, 3, 3, NULL, &hits, &why), 0);
    assert_int_equal(hits, 3 * 65536);
    program_free(p);
    p = start("while read -r c seed f n t; do echo $f $((n * 65537)); done");
    assert_int_equal(program_count(p, &call, 0, 3, 3, NULL, &hits, &why), -EPROTO);
    assert_string_equal(why.why,
                        "answered \"0 196611\" for 3 trials: more than 65536 each");
    program_free(p);
    assert_nothing_runs();
}

/* Seed, numbers and text, as long as they may be. */
static void requests_say_what_is_asked(void **state)
{
    (void)state;
    char arg[ARG_BYTES + 1];
    struct program_call call = {.seed = UINT64_MAX, .arg = arg, .cancel_fd = -1};
    struct program_failure why;
    uint64_t hits = 0;
    memset(arg, 'a', ARG_BYTES);
    memcpy(arg, "b  c", 4);
    arg[ARG_BYTES] = '\0';
    struct counter *p = start(
        "while read -r c seed f n t; do case $c.$seed.$f.$n.$t in "
        "count.18446744073709551615.70368744177663.1.'b  c'aaa*aaa) echo $f ${#t};; "
        "count.42.0.9.) echo $f 9;; *) echo \"$t\"; esac; done");
    call.score = true;
    assert_int_equal(
        program_count(p, &call, PROGRAM_TRIALS_MAX - 1, 1, 1, NULL, &hits, &why), 0);
    assert_int_equal(hits, ARG_BYTES);
    assert_int_equal(count(p, 0, 9), 9);
    program_free(p);
}

/* All that it inherits, and does not.  (A shell blocks signals while it waits, so
 * grep looks at its own.) */
static void children_are_kept_in_their_place(void **state)
{
    (void)state;
    setenv("PI_JOIN", "secret", 1);
    setenv("OMP_NUM_THREADS", "16", 1);
    assert_int_equal(dup2(STDERR_FILENO, 60), 60);
    struct counter *p = start(
        "test \"$PROGRAM_NAME $PROGRAM_THREAD $PYTHONUNBUFFERED $OMP_NUM_THREADS\" = "
        "'x 3 1 1' || exit 11; env | grep -q ^PI_ && exit 12; test $(ulimit -c) = 0 || "
        "exit 13; grep -q '^NoNewPrivs:.*1' /proc/$$/status || exit 14; "
        "test -e /proc/$$/fd/60 && exit 15; "
        "grep -q '^SigBlk:.*[1-9a-f]' /proc/self/status && exit 16; "
        "test $(cut -d' ' -f5 /proc/$$/stat) = $$ || exit 17; " EVENS(""));
    assert_int_equal(count(p, 0, 10), 5);
    program_free(p);
    close(60);
    unsetenv("PI_JOIN");
    unsetenv("OMP_NUM_THREADS");
    assert_nothing_runs();
}

/* At the end of its input a child may do something of its own. */
static void a_child_may_tidy_up(void **state)
{
    (void)state;
    int told[2];
    char byte = 0, command[200];
    assert_int_equal(pipe(told), 0);
    snprintf(command, sizeof(command),
             "while read -r c s f n t; do echo $f 0; done; echo x >/proc/%d/fd/%d",
             getpid(), told[1]);
    struct counter *p = start(command);
    assert_int_equal(count(p, 0, 1), 0);
    program_free(p);
    close(told[1]);
    assert_int_equal(read(told[0], &byte, 1), 1);
    close(told[0]);
}

static void a_running_child_is_ours(void **state)
{
    (void)state;
    struct counter *p = start("while read -r c seed f n t; do echo $f $$; done");
    pid_t pid = (pid_t)count(p, 0, PROGRAM_TRIALS_MAX);
    assert_true(child_is_ours(pid));
    assert_false(child_is_ours(getpid()));
    assert_int_equal(count(p, 0, PROGRAM_TRIALS_MAX), pid); /* it is kept */
    program_restart(p);
    assert_false(child_is_ours(pid));
    assert_int_not_equal(count(p, 0, PROGRAM_TRIALS_MAX), pid);
    program_free(p);
}

/* A child does not outlive a process that is killed, though it looks at nothing; nor a
 * command of plain words, for which the shell does not stay. */
static void a_child_dies_with_its_thread(void **state)
{
    (void)state;
    int told[2];
    char byte;
    const char *script = scratch("script");
    scratch_write(script, "#!/bin/sh\nread -r r; echo 0 0; exec sleep 1000\n", 0700);
    assert_int_equal(pipe(told), 0);
    pid_t pid = fork();
    if (pid == 0) {
        const char *both[] = {"read -r r; echo 0 0; exec sleep 1000", script};
        for (int i = 0; i < 2; i++)
            count(start(both[i]), 0, 1);
        if (write(told[1], "x", 1) != 1)
            _exit(1);
        pause();
    }
    close(told[1]);
    assert_int_equal(read(told[0], &byte, 1), 1);
    kill(pid, SIGKILL);
    close(told[0]);
    assert_nothing_runs();
}

/* ---- cancelling ---- */

static void a_long_call_is_cancelled(void **state)
{
    (void)state;
    struct program_call call = plain;
    struct program_failure why;
    uint64_t hits = 7;
    call.cancel_fd = eventfd(1, EFD_CLOEXEC); /* at once */
    struct counter *p = start("while read -r c seed f n t; do test $n -gt 9 && "
                              "sleep 1000; echo $f $n; done");
    assert_int_equal(program_count(p, &call, 0, 10, 10, NULL, &hits, &why), -ECANCELED);
    assert_int_equal(hits, 7);
    assert_nothing_runs();
    assert_int_equal(count(p, 0, 9), 9);
    close(call.cancel_fd);
    program_free(p);
}

/* What is soon done is waited for, so that the child need not start again. */
static void a_short_call_is_waited_for(void **state)
{
    (void)state;
    const struct program_config config = {
        .name = "x",
        .command = "while read -r c seed f n t; do test $n -gt 9 && echo $f $$ || "
                   "echo $f $(((f + n + 1) / 2 - (f + 1) / 2)); done",
        .rate = 1e9,
        .test = program_test((uint64_t[]){1, 0, 1, 0}),
    };
    struct counter *p = program_new(&config);
    struct program_call call = plain;
    struct program_failure why;
    uint64_t hits = 0, pid = count(p, 0, PROGRAM_TRIALS_MAX);
    call.cancel_fd = eventfd(1, EFD_CLOEXEC);
    int err = program_count(p, &call, 0, 1 << 20, 1 << 20, NULL, &hits, &why);
    assert_true(err == -ECANCELED || err == 0); /* it may have been answered before */
    assert_int_equal(count(p, 0, PROGRAM_TRIALS_MAX), pid);
    close(call.cancel_fd);
    program_free(p);
    assert_nothing_runs();
}

/* A command that has become another one is noticed when a child starts. */
static void another_program_is_not_counted(void **state)
{
    (void)state;
    struct program_config config = {.name = "x",
                                    .command = EVENS(""),
                                    .rate = 1000,
                                    .test = program_test((uint64_t[]){0, 1, 0, 1})};
    struct program_failure why;
    uint64_t hits;
    struct counter *p = program_new(&config);
    assert_int_equal(program_count(p, &plain, 0, 9, 9, NULL, &hits, &why), -EPROTO);
    assert_string_equal(why.why,
                        "is not what it was: its test is 41500605ef25d270 now, "
                        "not e4749bc7f4f9360c");
    program_free(p);
    config.rate = 1; /* too slow to be tested again */
    p = program_new(&config);
    assert_int_equal(count(p, 0, 9), 5);
    program_free(p);
    assert_nothing_runs();
}

#define T(test) cmocka_unit_test_teardown(test, reap)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(each_failure_has_its_sentence),
        T(good_children_count_right),
        T(who_fails_once_is_asked_again),
        T(an_answer_between_requests_is_none),
        T(scores_are_larger_than_hits),
        T(requests_say_what_is_asked),
        T(children_are_kept_in_their_place),
        T(a_child_may_tidy_up),
        T(a_running_child_is_ours),
        cmocka_unit_test_setup_teardown(a_child_dies_with_its_thread, scratch_make,
                                        scratch_remove),
        T(a_long_call_is_cancelled),
        T(a_short_call_is_waited_for),
        T(another_program_is_not_counted),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
