// SPDX-License-Identifier: MIT
/*
 * The endpoint of the coordinator: the precedence of sources, the address, and the
 * error message if none will do.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/join/endpoint.h"
#include "common/join/rendezvous.h"
#include "tests/lib/scratch.h"

#define KEY ".aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq"
#define TOKEN_A KEY ".eaqseizeeutcokbjfivsyljof4" /* 20 21 .. 2f */
#define TOKEN_B KEY ".aaaqeayeaudaocajbifqydiob4" /* 00 01 .. 0f */

static struct endpoint endpoint;
static struct endpoint_options options;

static int begin(void **state)
{
    unsetenv("PI_JOIN");
    unsetenv("PI_COORDINATOR");
    options = (struct endpoint_options){.role = ROLE_WORKER};
    int err = scratch_make(state);
    return err ? err : setenv("XDG_RUNTIME_DIR", scratch_folder, 1);
}

static enum endpoint_outcome find(void)
{
    memset(&endpoint, 0x5a, sizeof(endpoint));
    return endpoint_find(&options, &endpoint);
}

static void assert_found(const char *where, int token)
{
    enum endpoint_outcome outcome = find();
    if (outcome != ENDPOINT_FOUND)
        fail_msg("%s", endpoint.why.what);
    assert_string_equal(endpoint.where, where);
    assert_false(endpoint.plaintext);
    assert_int_equal(endpoint.token[0], token);
    assert_int_equal(endpoint.pin[31], 31);
    assert_ptr_equal(endpoint_pin(&endpoint), endpoint.pin);
    assert_int_equal(endpoint_proof_bytes(&endpoint), JOIN_TOKEN_BYTES);
}

static void assert_not_found(enum endpoint_outcome outcome, int status,
                             const char *what)
{
    assert_int_equal(find(), outcome);
    assert_int_equal(endpoint.status, status);
    assert_string_equal(endpoint.why.what, what);
    assert_string_equal(endpoint.where, "the coordinator");
    assert_true(endpoint.why.hint[0] != '\0');
}

static struct rendezvous *announce(const char *worker_join, const char *operator_join)
{
    struct rendezvous *r = NULL;
    struct error why;
    const struct rendezvous_joins joins = {worker_join, operator_join, worker_join};
    if (rendezvous_announce(&joins, &r, &why) < 0)
        fail_msg("%s", why.what);
    return r;
}

static pid_t other(const char *join)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        announce(join, join);
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

static void nobody_at_all_is_absent(void **state)
{
    (void)state;
    assert_not_found(ENDPOINT_ABSENT, 3, "you have no picoord running on this machine");
    assert_string_equal(
        endpoint.why.hint,
        "start one: picoord; for one on another machine, set PI_JOIN to the line "
        "that it prints");
    options.address = "lab-01";
    assert_not_found(ENDPOINT_ABSENT, 3, "there is no join string for lab-01:31415");
}

static void the_only_one_of_this_user_is_found(void **state)
{
    (void)state;
    struct rendezvous *r =
        announce("pi1.127.0.0.1:4000" TOKEN_A, "pi1.[::1]:4000" TOKEN_B);
    assert_found("127.0.0.1:4000", 32);
    options.role = ROLE_OPERATOR;
    assert_found("[::1]:4000", 0);
    rendezvous_withdraw(r);
}

static void an_address_takes_pin_and_token_of_who_is_found(void **state)
{
    (void)state;
    struct rendezvous *r =
        announce("pi1.127.0.0.1:4000" TOKEN_A, "pi1.127.0.0.1:4000" TOKEN_B);
    setenv("PI_COORDINATOR", "localhost:4001", 1);
    assert_found("localhost:4001", 32);
    options.address = "10.0.0.5";
    assert_found("10.0.0.5:31415", 32);
    rendezvous_withdraw(r);
}

static void of_several_the_one_with_that_port_is_chosen(void **state)
{
    (void)state;
    char list[200];
    pid_t pid = other("pi1.127.0.0.1:5000" TOKEN_B);
    struct rendezvous *r =
        announce("pi1.127.0.0.1:4000" TOKEN_A, "pi1.127.0.0.1:4000" TOKEN_A);
    bool first = pid < getpid();
    snprintf(list, sizeof(list),
             "2 of your picoords run on this machine: 127.0.0.1:%d (pid %d), "
             "127.0.0.1:%d (pid %d)",
             first ? 5000 : 4000, first ? (int)pid : (int)getpid(), first ? 4000 : 5000,
             first ? (int)getpid() : (int)pid);
    assert_not_found(ENDPOINT_WRONG, 2, list);
    assert_string_equal(endpoint.why.hint, "choose one: piworker HOST:PORT");
    options.address = "localhost:5000";
    assert_found("localhost:5000", 0);
    options.address = "localhost:4000";
    assert_found("localhost:4000", 32);
    options.address = "localhost:4001";
    options.role = ROLE_OPERATOR;
    assert_not_found(ENDPOINT_WRONG, 2, list);
    assert_string_equal(endpoint.why.hint, "choose one: pictl --coordinator HOST:PORT");
    end(pid);
    assert_found("localhost:4001", 32);
    rendezvous_withdraw(r);
}

static void two_with_that_port_leave_no_choice(void **state)
{
    (void)state;
    pid_t pid = other("pi1.127.0.0.1:4000" TOKEN_B);
    struct rendezvous *r = announce("pi1.[::1]:4000" TOKEN_A, "pi1.[::1]:4000" TOKEN_A);
    options.address = "localhost:4000";
    assert_int_equal(find(), ENDPOINT_WRONG);
    assert_int_equal(endpoint.status, 2);
    assert_non_null(strstr(endpoint.why.what, "[::1]:4000 (pid "));
    end(pid);
    rendezvous_withdraw(r);
}

static void a_join_string_in_the_environment_comes_first(void **state)
{
    (void)state;
    struct rendezvous *r =
        announce("pi1.127.0.0.1:4000" TOKEN_A, "pi1.127.0.0.1:4000" TOKEN_A);
    setenv("PI_JOIN", "pi1.lab-01:31415" TOKEN_B, 1);
    assert_found("lab-01:31415", 0);
    setenv("PI_COORDINATOR", "tunnel:1", 1);
    assert_found("tunnel:1", 0);
    options.address = "lab-02";
    assert_found("lab-02:31415", 0);
    setenv("PI_JOIN", "", 1); /* as if it were not set */
    assert_found("lab-02:31415", 32);
    rendezvous_withdraw(r);
}

static void a_bad_join_string_is_said_without_showing_it(void **state)
{
    (void)state;
    setenv("PI_JOIN", "pi1.lab-01:31415" KEY ".eaqseizeeutcokbjfivs", 1);
    assert_not_found(ENDPOINT_WRONG, 2,
                     "PI_JOIN holds no join string: its token has 20 characters of 26: "
                     "is the line cut?");
}

static void a_join_file_comes_before_the_environment(void **state)
{
    (void)state;
    setenv("PI_JOIN", "pi1.lab-01:31415" TOKEN_B, 1);
    setenv("PI_COORDINATOR", "tunnel:1", 1);
    options.join_file = scratch("join");
    scratch_write(options.join_file, "pi1.[2001:db8::1]:7" TOKEN_A "\n", 0600);
    assert_found("[2001:db8::1]:7", 32);
    assert_string_equal(endpoint.host, "2001:db8::1");
    assert_string_equal(endpoint.port, "7");
    options.address = "lab-02:8"; /* of the command line, like the file */
    assert_found("lab-02:8", 32);
}

static void join_files_are_written_by_their_owner_alone(void **state)
{
    (void)state;
    char said[PATH_MAX + 100];
    options.join_file = scratch("join");
    scratch_write(options.join_file, "pi1.lab-01:7" TOKEN_A, 0600);
    assert_found("lab-01:7", 32);
    assert_string_equal(endpoint.warning.what, "");
    scratch_write(options.join_file, "pi1.lab-01:7" TOKEN_A, 0644);
    snprintf(said, sizeof(said), "%s may be read by others (mode 0644)",
             options.join_file);
    assert_found("lab-01:7", 32);
    assert_string_equal(endpoint.warning.what, said);
    scratch_write(options.join_file, "pi1.lab-01:7" TOKEN_A, 0620);
    snprintf(said, sizeof(said), "%s may be written by others (mode 0620)",
             options.join_file);
    assert_not_found(ENDPOINT_WRONG, 7, said);
    scratch_write(options.join_file, "hello", 0600);
    snprintf(said, sizeof(said), "%s holds no join string: it does not begin with pi1.",
             options.join_file);
    assert_not_found(ENDPOINT_WRONG, 2, said);
    options.join_file = scratch("none");
    snprintf(said, sizeof(said), "cannot open %s: no such file or directory",
             options.join_file);
    assert_not_found(ENDPOINT_WRONG, 7, said);
}

#define CONTACT                                                                        \
    "{\"addr\":\"127.0.0.1\",\"port\":4000,\"pid\":7,\"version\":\"0.1.0\","           \
    "\"join\":\"pi1.127.0.0.1:4000" TOKEN_A "\","                                      \
    "\"operator_join\":\"pi1.127.0.0.1:4000" TOKEN_B "\"}\n"

static void a_contact_file_serves_both_roles(void **state)
{
    (void)state;
    char said[PATH_MAX + 100];
    setenv("PI_JOIN", "pi1.lab-01:31415" TOKEN_B, 1);
    options.contact_file = scratch("contact");
    snprintf(said, sizeof(said), "the contact file %s is not there",
             options.contact_file);
    assert_not_found(ENDPOINT_ABSENT, 3, said);
    scratch_write(options.contact_file, CONTACT, 0600);
    assert_found("127.0.0.1:4000", 32);
    options.role = ROLE_OPERATOR;
    assert_found("127.0.0.1:4000", 0);
    options.address = "head:4000";
    assert_found("head:4000", 0);
}

static void contact_files_that_will_not_do_are_told_apart(void **state)
{
    (void)state;
    char said[PATH_MAX + 100];
    const char *path = options.contact_file = scratch("contact");
    scratch_write(path, "{}", 0600);
    snprintf(said, sizeof(said), "%s is no contact file", path);
    assert_not_found(ENDPOINT_WRONG, 2, said);
    scratch_write(path, "{\"addr\":\"::1\",\"port\":4000}", 0600);
    snprintf(said, sizeof(said),
             "the picoord that wrote %s lets nobody in by a join string", path);
    assert_not_found(ENDPOINT_WRONG, 2, said);
    scratch_write(path, "{\"addr\":\"::1\",\"port\":4000,\"join\":\"pi1.\"}", 0600);
    snprintf(said, sizeof(said),
             "%s holds no join string: it has no HOST:PORT: is the line cut?", path);
    assert_not_found(ENDPOINT_WRONG, 2, said);
    scratch_write(path, CONTACT, 0640);
    snprintf(said, sizeof(said), "%s may be read by others (mode 0640)", path);
    assert_not_found(ENDPOINT_WRONG, 7, said);
}

static void in_the_clear_an_address_is_enough(void **state)
{
    (void)state;
    setenv("PI_JOIN", "not even a join string", 1);
    options.plaintext = true;
    assert_int_equal(find(), ENDPOINT_FOUND);
    assert_string_equal(endpoint.where, "127.0.0.1:31415");
    assert_true(endpoint.plaintext);
    assert_null(endpoint_pin(&endpoint));
    assert_int_equal(endpoint_proof_bytes(&endpoint), 0);
    assert_int_equal(endpoint.token[0], 0); /* nothing to send, even by mistake */
    setenv("PI_COORDINATOR", "[::1]:5", 1);
    assert_int_equal(find(), ENDPOINT_FOUND);
    assert_string_equal(endpoint.where, "[::1]:5");
    options.contact_file = scratch("contact");
    scratch_write(options.contact_file, "{\"addr\":\"::1\",\"port\":4000}", 0600);
    assert_int_equal(find(), ENDPOINT_FOUND);
    assert_string_equal(endpoint.where, "[::1]:4000");
    assert_int_equal(endpoint.token[0], 0);
    options.join_file = options.contact_file;
    assert_not_found(ENDPOINT_WRONG, 2,
                     "--plaintext and --join-file contradict each other");
}

static void what_is_no_address_is_named_by_where_it_stands(void **state)
{
    (void)state;
    options.address = "host:99999";
    assert_not_found(ENDPOINT_WRONG, 2, "'host:99999' is no address");
    options.address_name = "--coordinator";
    assert_not_found(ENDPOINT_WRONG, 2, "--coordinator 'host:99999' is no address");
    options.address = NULL;
    setenv("PI_COORDINATOR", "a b", 1);
    assert_not_found(ENDPOINT_WRONG, 2, "PI_COORDINATOR 'a b' is no address");
}

/* It is where others may read it already; but not in the log as well. */
static void a_join_string_in_place_of_an_address_is_not_shown(void **state)
{
    (void)state;
    options.address = "PI1.10.0.0.5:31415.key.secret";
    assert_not_found(ENDPOINT_WRONG, 2, "the operand is a join string, not an address");
    options.address_name = "--coordinator";
    assert_not_found(ENDPOINT_WRONG, 2,
                     "--coordinator is a join string, not an address");
    options.address = NULL;
    setenv("PI_COORDINATOR", "pi1.10.0.0.5:31415.key.secret", 1);
    assert_not_found(ENDPOINT_WRONG, 2,
                     "PI_COORDINATOR is a join string, not an address");
    assert_null(strstr(endpoint.why.hint, "secret"));
}

static void a_meeting_place_of_others_is_no_place_to_look(void **state)
{
    (void)state;
    char said[PATH_MAX + 100];
    assert_int_equal(mkdir(scratch("picoord"), 0777), 0);
    assert_int_equal(chmod(scratch("picoord"), 0777), 0);
    snprintf(said, sizeof(said), "%s may be read by others (mode 0777)",
             scratch("picoord"));
    assert_not_found(ENDPOINT_WRONG, 7, said);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_at_all_is_absent),
        TEST(the_only_one_of_this_user_is_found),
        TEST(an_address_takes_pin_and_token_of_who_is_found),
        TEST(of_several_the_one_with_that_port_is_chosen),
        TEST(two_with_that_port_leave_no_choice),
        TEST(a_join_string_in_the_environment_comes_first),
        TEST(a_bad_join_string_is_said_without_showing_it),
        TEST(a_join_file_comes_before_the_environment),
        TEST(join_files_are_written_by_their_owner_alone),
        TEST(a_contact_file_serves_both_roles),
        TEST(contact_files_that_will_not_do_are_told_apart),
        TEST(in_the_clear_an_address_is_enough),
        TEST(what_is_no_address_is_named_by_where_it_stands),
        TEST(a_join_string_in_place_of_an_address_is_not_shown),
        TEST(a_meeting_place_of_others_is_no_place_to_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
