// SPDX-License-Identifier: MIT
/*
 * pictl token and pictl doctor against a fake coordinator: the requests, stdout and
 * stderr, and how far the doctor gets.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/exit.h"
#include "ctl/command_table.h"
#include "tests/lib/ctl_stage.h"
#include "tests/lib/scratch.h"

/* ---- token ---- */

static void show_strings(struct stage *s, int fd)
{
    static const char *const workers[] = {"pi1.10.0.0.5:31415.k.w",
                                          "pi1.lab:31415.k.w"};
    static const char *const operators[] = {"pi1.10.0.0.5:31415.k.o"};
    struct msg_request r;
    struct msg m = {.type = MSG_REPLY,
                    .reply = {.last = true,
                              .body = REPLY_TOKEN,
                              .token = {{2, 1, workers, operators, false}, 3}}};
    if (!stage_request(s, fd, 1, &r))
        return;
    m.reply.id = r.id;
    m.reply.token.ended = r.role == ROLE_OPERATOR ? 1 : 3;
    stage_send(s, fd, &m);
    stage_drain(s, fd, 1);
}

static struct msg_request asked(struct said *said, const char *args)
{
    static const struct scene scenes[] = {{false, show_strings}};
    struct stage stage;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(said, stage.address, args);
    stage_close(&stage);
    assert_int_equal(said->status, EXIT_DONE);
    assert_int_equal(stage.n_requests, 1);
    assert_int_equal(stage.requests[0].verb, REQUEST_TOKEN);
    return stage.requests[0];
}

static void join_strings_are_all_that_stands_on_stdout(void **state)
{
    (void)state;
    struct said said;
    assert_false(asked(&said, "token show").rotate);
    assert_string_equal(said.out, "pi1.10.0.0.5:31415.k.w\npi1.lab:31415.k.w\n");
    assert_string_equal(said.err, "");
    asked(&said, "token show --operator");
    assert_string_equal(said.out, "pi1.10.0.0.5:31415.k.o\n");
    assert_false(asked(&said, "token show --json").rotate);
    assert_string_equal(
        said.out, "{\"worker\":[\"pi1.10.0.0.5:31415.k.w\",\"pi1.lab:31415.k.w\"],"
                  "\"operator\":[\"pi1.10.0.0.5:31415.k.o\"],\"fetch\":[]}\n");
    assert_string_equal(said.err, "");
}

#define STRING(host)                                                                   \
    "pi1." host ":31415.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."         \
    "bbbbbbbbbbbbbbbbbbbbbbbbba"

static bool serves; /* piworker, for those who have none */

static void show_addresses(struct stage *s, int fd)
{
    static const char *const workers[] = {STRING("10.0.0.5"), STRING("127.0.0.1"),
                                          STRING("[::1]")};
    static const char *const operators[] = {STRING("10.0.0.5")};
    struct msg_request r;
    struct msg m = {.type = MSG_REPLY,
                    .reply = {.last = true,
                              .body = REPLY_TOKEN,
                              .token = {{3, 1, workers, operators, serves}, 0}}};
    if (!stage_request(s, fd, 1, &r))
        return;
    m.reply.id = r.id;
    stage_send(s, fd, &m);
    stage_drain(s, fd, 1);
}

/* What it prints on a terminal, without carriage returns. */
static const char *on_terminal(const char *args)
{
    static const struct scene scenes[] = {{false, show_addresses}};
    static char text[TEXT_SIZE];
    struct stage stage;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    assert_int_equal(
        pictl_on(slave, "%s --plaintext --coordinator %s", args, stage.address),
        EXIT_DONE);
    stage_close(&stage);
    ssize_t n = read(master, text, sizeof(text) - 1);
    close(slave);
    close(master);
    assert_true(n > 0);
    char *to = text;
    for (ssize_t i = 0; i < n; i++)
        if (text[i] != '\r')
            *to++ = text[i];
    *to = '\0';
    return text;
}

static void people_are_shown_lines_to_type(void **state)
{
    (void)state;
    assert_string_equal(
        on_terminal("token show"),
        "on machines that reach 10.0.0.5:\n"
        "  PI_JOIN=" STRING("10.0.0.5") " piworker\n"
                                        "on this machine:\n"
                                        "  PI_JOIN=" STRING(
                                            "127.0.0.1") " piworker\n"
                                                         "on this machine:\n"
                                                         "  PI_JOIN=" STRING(
                                                             "[::1]") " piworker\n");
    assert_string_equal(on_terminal("token show --operator"),
                        "operators, not workers, on machines that reach 10.0.0.5:\n"
                        "  PI_JOIN=" STRING("10.0.0.5") " pictl status\n");
}

static void who_has_no_piworker_is_shown_a_line_too(void **state)
{
    static const char line[] =
        "on this machine:\n"
        "  PI_JOIN=" STRING("[::1]") " piworker\n"
                                     "on Linux machines without piworker:\n  curl ";
    (void)state;
    serves = true;
    const char *text = on_terminal("token show");
    serves = false;
    assert_non_null(strstr(text, line));
    assert_non_null(strstr(text, " https://10.0.0.5:31415/worker/linux-$(uname -m) "));
    assert_string_equal(text + strlen(text) - 12, " ./piworker\n");
}

static void a_rotation_says_what_it_has_done(void **state)
{
    (void)state;
    struct said said;
    struct msg_request r = asked(&said, "token rotate");
    assert_true(r.rotate);
    assert_int_equal(r.role, ROLE_WORKER);
    assert_string_equal(said.out, "pi1.10.0.0.5:31415.k.w\npi1.lab:31415.k.w\n");
    assert_string_equal(
        said.err, "pictl: the old worker token no longer works; 3 connections ended\n");
    r = asked(&said, "token rotate --operator");
    assert_true(r.rotate);
    assert_int_equal(r.role, ROLE_OPERATOR);
    assert_string_equal(said.out, "pi1.10.0.0.5:31415.k.o\n");
    assert_string_equal(
        said.err,
        "pictl: the old operator token no longer works; 1 connection ended\n");
}

static void refuse_to_rotate(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 1, &r))
        stage_reply_error(s, fd, r.id, ERROR_STORAGE);
    stage_drain(s, fd, 1);
}

static void a_token_that_stays_is_an_error(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, refuse_to_rotate}};
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "token rotate");
    stage_close(&stage);
    assert_int_equal(said.status, EXIT_LOCAL);
    assert_string_equal(said.out, "");
    assert_string_equal(said.err, "pictl: it is not there\nhint: look elsewhere\n");
}

static void an_unknown_verb_is_asked_about(void **state)
{
    (void)state;
    struct said said;
    pictl(&said, "127.0.0.1:1", "token rotat");
    assert_int_equal(said.status, EXIT_USAGE);
    assert_non_null(strstr(said.err, "did you mean 'rotate'?"));
}

/* ---- doctor ---- */

enum { SILENT_CLOCK = -1 };

static int64_t clock_off_ms;
static struct host_view host;

static void tell_of_itself(struct stage *s, int fd)
{
    struct msg m;
    struct timespec now;
    if (!stage_read(s, fd, &m) || m.type != MSG_REQUEST)
        return;
    uint32_t id = m.request.id;
    clock_gettime(CLOCK_REALTIME, &now);
    m = (struct msg){.type = MSG_REPLY,
                     .reply = {.id = id, .last = true, .body = REPLY_STATUS}};
    m.reply.status =
        (struct status_view){.version = "0.1.0", .state = COORD_READY, .reason = ""};
    m.reply.status.host = host;
    if (clock_off_ms != SILENT_CLOCK)
        m.reply.status.host.time_ms =
            (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + clock_off_ms;
    stage_send(s, fd, &m);
    stage_drain(s, fd, 1);
}

/* The line of that check, without its end. */
static const char *finding(const struct said *said, const char *check)
{
    static char line[TEXT_SIZE];
    const char *at = said->out;
    size_t n = strlen(check);
    while (*at && (strncmp(at, check, n) != 0 || at[n] != ' '))
        at += strcspn(at, "\n") + (strchr(at, '\n') != NULL);
    snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
    return line;
}

static void examine(struct said *said, const struct scene *scene, const char *args)
{
    struct stage stage;
    stage_open(&stage, scene, 1);
    pictl(said, stage.address, args);
    stage_close(&stage);
}

static const struct scene well = {false, tell_of_itself};

static void six_lines_where_all_is_well(void **state)
{
    (void)state;
    struct said said;
    clock_off_ms = 0;
    host = (struct host_view){.connections = 12, .fds_used = 31, .fds_limit = 1024};
    examine(&said, &well, "doctor");
    assert_int_equal(said.status, EXIT_DONE);
    assert_string_equal(finding(&said, "name"), "name      ok       127.0.0.1");
    assert_non_null(strstr(finding(&said, "port"), "takes connections"));
    assert_string_equal(finding(&said, "protocol"),
                        "protocol  ok       1, picoord 0.1.0");
    assert_string_equal(finding(&said, "token"),
                        "token     ok       it lets an operator in");
    assert_non_null(strstr(finding(&said, "clock"), "clock     ok       "));
    assert_string_equal(finding(&said, "fds"),
                        "fds       ok       31 of 1024 in use, 12 connections");
    assert_string_equal(said.err, "");
}

static void a_clock_that_is_off_and_few_descriptors_are_warnings(void **state)
{
    (void)state;
    struct said said;
    clock_off_ms = -(3 * 3600 + 12 * 60 + 30) * INT64_C(1000);
    host = (struct host_view){.connections = 1, .fds_used = 922, .fds_limit = 1024};
    examine(&said, &well, "doctor");
    assert_int_equal(said.status, EXIT_DONE);
    assert_string_equal(
        finding(&said, "clock"),
        "clock     warning  3 h 12 m behind: leases use monotonic time, "
        "so results are unaffected");
    assert_string_equal(finding(&said, "fds"),
                        "fds       warning  922 of 1024 in use, 1 connection");
    assert_string_equal(said.err,
                        "hint: timedatectl set-ntp true, on both sides\n"
                        "hint: raise LimitNOFILE= or 'ulimit -n 65536' where picoord "
                        "starts\n");
    clock_off_ms = 3600 * INT64_C(1000);
    host = (struct host_view){.fds_used = 921, .fds_limit = 1024}; /* not yet */
    examine(&said, &well, "doctor");
    assert_non_null(strstr(finding(&said, "clock"), " ahead: "));
    assert_non_null(strstr(finding(&said, "fds"), " ok "));
    clock_off_ms = 8000; /* five seconds are the limit, and asking takes a moment */
    examine(&said, &well, "doctor");
    assert_non_null(strstr(finding(&said, "clock"), " warning "));
    clock_off_ms = -2000;
    examine(&said, &well, "doctor");
    assert_non_null(strstr(finding(&said, "clock"), " ok "));
}

static void what_a_coordinator_does_not_tell_is_no_fault(void **state)
{
    (void)state;
    struct said said;
    clock_off_ms = SILENT_CLOCK;
    host = (struct host_view){0};
    examine(&said, &well, "doctor");
    assert_int_equal(said.status, EXIT_DONE);
    assert_string_equal(finding(&said, "clock"), "clock     -        it does not tell");
    assert_string_equal(finding(&said, "fds"), "fds       -        it does not tell");
}

static void refuse(struct stage *s, int fd, enum refusal_code code, uint32_t protocol)
{
    struct msg hello;
    struct msg m = {.type = MSG_REFUSAL,
                    .refusal = {.code = code,
                                .sentence = "wrong token",
                                .hint = "run 'pictl token show'",
                                .protocol_min = protocol,
                                .protocol_max = protocol}};
    if (stage_read(s, fd, &hello))
        stage_send(s, fd, &m);
    stage_drain(s, fd, 1);
}

static void refuse_the_token(struct stage *s, int fd)
{
    refuse(s, fd, REFUSAL_TOKEN, 1);
}

static void refuse_the_protocol(struct stage *s, int fd)
{
    refuse(s, fd, REFUSAL_PROTOCOL, 4);
}

static void welcome_to_another_protocol(struct stage *s, int fd)
{
    struct msg hello;
    struct msg m = {.type = MSG_WELCOME,
                    .welcome = {.protocol = 4, .version = "", .name = ""}};
    if (stage_read(s, fd, &hello))
        stage_send(s, fd, &m);
    stage_drain(s, fd, 1);
}

static void refuse_the_role(struct stage *s, int fd)
{
    refuse(s, fd, REFUSAL_ROLE, 1);
}

/* On a student's laptop nothing is wrong, and nobody is sent for another token. */
static void a_workers_token_is_right_for_a_worker(void **state)
{
    (void)state;
    struct said said;
    static const struct scene scene = {true, refuse_the_role};
    examine(&said, &scene, "doctor");
    assert_int_equal(said.status, EXIT_DONE);
    assert_string_equal(finding(&said, "protocol"), "protocol  ok       it answers");
    assert_string_equal(finding(&said, "token"),
                        "token     ok       it lets a worker in; not an operator");
    assert_string_equal(finding(&said, "clock"), "clock     -        not tried");
    assert_string_equal(said.err, "");
    examine(&said, &scene, "jobs");
    assert_int_equal(said.status, EXIT_REFUSED);
}

static void refuse_plaintext(struct stage *s, int fd)
{
    refuse(s, fd, REFUSAL_PLAINTEXT, 1);
}

/* As somebody would who has no join string: pictl() itself always says --plaintext. */
static void without_a_token_name_and_port_are_tried(void **state)
{
    (void)state;
    struct said said;
    struct stage stage;
    static const struct scene scenes[] = {{true, refuse_plaintext},
                                          {false, tell_of_itself}};
    setenv("XDG_RUNTIME_DIR", scratch_folder, 1); /* where no picoord is */
    unsetenv("PI_JOIN");
    unsetenv("PI_COORDINATOR");
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl_line(&said, "doctor %s", stage.address);
    assert_int_equal(said.status, EXIT_REFUSED);
    assert_string_equal(finding(&said, "name"), "name      ok       127.0.0.1");
    assert_non_null(strstr(finding(&said, "port"), " ok "));
    assert_string_equal(finding(&said, "protocol"),
                        "protocol  ok       it is a picoord, with TLS");
    assert_non_null(
        strstr(finding(&said, "token"), "none     there is no join string for"));
    assert_non_null(strstr(said.err, "hint: set PI_JOIN to the line"));
    pictl_line(&said, "doctor %s", stage.address);
    assert_int_equal(said.status, EXIT_REFUSED);
    assert_non_null(strstr(finding(&said, "token"), "none     it has no TLS"));
    stage_close(&stage);
    pictl_line(&said, "doctor %s", stage.address);
    assert_int_equal(said.status, EXIT_UNREACHED);
    assert_non_null(strstr(finding(&said, "port"), "connection refused"));
    pictl_line(&said, "doctor %s", "no-such-host.invalid");
    assert_int_equal(said.status, EXIT_UNREACHED);
    assert_non_null(strstr(finding(&said, "name"), " wrong "));
}

static void the_address_that_answered_is_named(void **state)
{
    (void)state;
    struct said said;
    struct stage stage;
    char there[40];
    clock_off_ms = 0;
    stage_open(&stage, &well, 1);
    snprintf(there, sizeof(there), "localhost%s", strchr(stage.address, ':'));
    pictl(&said, there, "doctor");
    stage_close(&stage);
    assert_string_equal(finding(&said, "name"),
                        "name      ok       localhost is 127.0.0.1");
}

static void the_doctor_stops_where_the_way_ends(void **state)
{
    (void)state;
    struct said said;
    static const struct scene token = {true, refuse_the_token};
    static const struct scene protocol = {true, refuse_the_protocol};
    examine(&said, &token, "doctor");
    assert_int_equal(said.status, EXIT_REFUSED);
    assert_non_null(strstr(finding(&said, "port"), " ok "));
    assert_non_null(strstr(finding(&said, "protocol"), " ok "));
    assert_string_equal(finding(&said, "token"), "token     wrong    wrong token");
    assert_string_equal(finding(&said, "clock"), "clock     -        not tried");
    assert_string_equal(said.err, "hint: run 'pictl token show'\n");
    examine(&said, &protocol, "doctor");
    assert_int_equal(said.status, EXIT_REFUSED);
    assert_string_equal(finding(&said, "protocol"),
                        "protocol  wrong    it speaks 4, this pictl " PI_VERSION
                        " speaks 1");
    assert_string_equal(finding(&said, "token"), "token     -        not tried");
}

static void a_closed_port_is_told_from_an_unknown_name(void **state)
{
    (void)state;
    struct said said;
    struct stage stage;
    stage_open(&stage, NULL, 0);
    stage_close(&stage); /* a port where nobody listens any more */
    pictl(&said, stage.address, "doctor");
    assert_int_equal(said.status, EXIT_UNREACHED);
    assert_non_null(strstr(finding(&said, "name"), " ok "));
    assert_non_null(strstr(finding(&said, "port"), " wrong "));
    assert_non_null(strstr(finding(&said, "port"), "connection refused"));
    assert_string_equal(finding(&said, "protocol"), "protocol  -        not tried");
    assert_non_null(strstr(said.err, "hint: is picoord running there"));
    pictl(&said, stage.address, "doctor lab-1:99999");
    assert_int_equal(said.status, EXIT_USAGE);
    assert_string_equal(said.out, "");
    pictl(&said, stage.address, "doctor --json");
    assert_int_equal(strncmp(said.out, "{\"name\":{\"state\":\"ok\",\"text\":", 29), 0);
    assert_string_equal(said.err, "");
}

static void a_welcome_to_another_protocol_is_refused_here(void **state)
{
    (void)state;
    struct said said;
    static const struct scene scene = {true, welcome_to_another_protocol};
    examine(&said, &scene, "status");
    assert_int_equal(said.status, EXIT_REFUSED);
    assert_non_null(strstr(said.err,
                           " speaks protocol 4, this pictl " PI_VERSION
                           " speaks 1\nhint: bring both to the same release\n"));
}

#define T(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(join_strings_are_all_that_stands_on_stdout),
        T(people_are_shown_lines_to_type),
        T(who_has_no_piworker_is_shown_a_line_too),
        T(a_rotation_says_what_it_has_done),
        T(a_token_that_stays_is_an_error),
        T(an_unknown_verb_is_asked_about),
        T(six_lines_where_all_is_well),
        T(a_clock_that_is_off_and_few_descriptors_are_warnings),
        T(what_a_coordinator_does_not_tell_is_no_fault),
        T(a_workers_token_is_right_for_a_worker),
        cmocka_unit_test_setup_teardown(without_a_token_name_and_port_are_tried,
                                        scratch_make, scratch_remove),
        T(the_address_that_answered_is_named),
        T(the_doctor_stops_where_the_way_ends),
        T(a_closed_port_is_told_from_an_unknown_name),
        T(a_welcome_to_another_protocol_is_refused_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
