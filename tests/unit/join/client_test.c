// SPDX-License-Identifier: MIT
/*
 * A connection that can be waited on, and the doctor who looks for what is wrong on the
 * way there, against a fake coordinator: each way in which it may end.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/exit.h"
#include "common/join/client.h"
#include "common/join/doctor.h"
#include "common/join/endpoint.h"
#include "tests/lib/ctl_stage.h"
#include "tests/lib/scratch.h"

enum { LONG_MS = 60000, SHORT_MS = 150 };

/* ---- the stage ---- */

/* What the next scene sends. */
static struct msg says;
static const char *raw_bytes;

static void say_it(struct stage *s, int fd)
{
    struct msg hello;
    if (stage_read(s, fd, &hello))
        stage_send(s, fd, &says);
    while (stage_read(s, fd, &hello))
        ;
}

static void say_it_when_asked(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 0, &r))
        stage_send(s, fd, &says);
    stage_drain(s, fd, 0);
}

static void hang_up(struct stage *s, int fd)
{
    struct msg hello;
    (void)stage_read(s, fd, &hello);
}

static void send_bytes(struct stage *s, int fd)
{
    struct msg hello;
    (void)stage_read(s, fd, &hello);
    (void)!write(fd, raw_bytes, strlen(raw_bytes));
    while (stage_read(s, fd, &hello))
        ;
}

static void say_nothing(struct stage *s, int fd)
{
    struct msg m;
    while (stage_read(s, fd, &m))
        ;
}

static void interrupt(struct stage *s, int fd)
{
    kill(getpid(), SIGTERM);
    say_nothing(s, fd);
}

static struct endpoint endpoint_of(const char *address)
{
    struct endpoint t = {.plaintext = true};
    const char *colon = strrchr(address, ':');
    snprintf(t.host, sizeof(t.host), "%.*s", (int)(colon - address), address);
    snprintf(t.port, sizeof(t.port), "%s", colon + 1);
    snprintf(t.where, sizeof(t.where), "%s", address);
    return t;
}

static struct client *client_of(const char *address)
{
    const struct endpoint t = endpoint_of(address);
    return client_new(&t);
}

static struct msg refusal(enum refusal_code code)
{
    return refusal_msg(code, "not you", "ask another");
}

/* ---- connecting ---- */

struct ending {
    void (*play)(struct stage *s, int fd);
    struct msg says;
    const char *bytes;
    enum client_end end;
    const char *why;
};

static const struct ending endings[] = {
    {say_it,
     {.type = MSG_WELCOME, .welcome = {1, "0.1.0", 2000, 6000, 7, "x"}},
     NULL,
     CLIENT_DONE,
     ""},
    {say_it,
     {.type = MSG_WELCOME, .welcome = {9, "9", 2000, 6000, 7, "x"}},
     NULL,
     CLIENT_REFUSED,
     "it speaks another protocol"},
    {say_it,
     {.type = MSG_BYE, .bye = {"it is late"}},
     NULL,
     CLIENT_UNREACHED,
     "the coordinator has left: it is late"},
    {say_it,
     {.type = MSG_BYE, .bye = {""}},
     NULL,
     CLIENT_UNREACHED,
     "the coordinator has left"},
    {hang_up, {.type = 0}, NULL, CLIENT_UNREACHED, "closed by the other side"},
    {say_nothing,
     {.type = 0},
     NULL,
     CLIENT_UNREACHED,
     "it is connected, but does not answer"},
    {send_bytes,
     {.type = 0},
     "SSH-2.0-x\r\n",
     CLIENT_FOREIGN,
     "is not a picoord (it answered \"SSH-2.0-x\")"},
    {interrupt, {.type = 0}, NULL, CLIENT_INTERRUPTED, "interrupted"},
};

static void each_way_to_connect_has_its_end_and_phrase(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        const struct ending *e = &endings[i];
        const struct scene scene = {true, e->play};
        struct stage stage;
        says = e->says;
        raw_bytes = e->bytes;
        stage_open(&stage, &scene, 1);
        struct client *c = client_of(stage.address);
        int64_t ms = e->play == say_nothing ? SHORT_MS : LONG_MS;
        assert_int_equal(client_connect(c, ms), e->end);
        assert_string_equal(client_why(c), e->why);
        assert_int_equal(client_connected(c), e->end == CLIENT_DONE);
        assert_string_equal(client_address(c), stage.address);
        if (e->play == interrupt)
            assert_int_equal(client_signal(c), SIGTERM);
        client_free(c);
        stage_close(&stage);
    }
}

static void a_refusal_is_kept_with_its_hint(void **state)
{
    static const struct scene scene = {true, say_it};
    struct stage stage;
    (void)state;
    says = refusal(REFUSAL_TOKEN);
    stage_open(&stage, &scene, 1);
    struct client *c = client_of(stage.address);
    assert_int_equal(client_connect(c, LONG_MS), CLIENT_REFUSED);
    assert_int_equal(client_refusal(c)->code, REFUSAL_TOKEN);
    assert_string_equal(client_refusal(c)->sentence, "not you");
    assert_string_equal(client_refusal(c)->hint, "ask another");
    client_free(c);
    stage_close(&stage);
}

static void nobody_there_is_unreached(void **state)
{
    struct stage stage;
    (void)state;
    stage_open(&stage, NULL, 0);
    stage_close(&stage);
    struct client *c = client_of(stage.address);
    assert_int_equal(client_connect(c, LONG_MS), CLIENT_UNREACHED);
    assert_string_equal(client_why(c),
                        "connection refused: host is up, nothing listens");
    client_free(c);
}

static struct msg heard[2];

static void listen_to_it(struct stage *s, int fd)
{
    struct msg welcome = {.type = MSG_WELCOME,
                          .welcome = {1, "0.1.0", 2000, 6000, 7, "x"}};
    if (stage_read(s, fd, &heard[0]))
        stage_send(s, fd, &welcome);
    (void)stage_read(s, fd, &heard[1]);
    say_nothing(s, fd);
}

/* Who looks whether it may work leaves with a word; and no token is said in the clear.
 */
static void a_worker_says_hello_and_bye(void **state)
{
    static const struct scene scene = {true, listen_to_it};
    const struct msg_hello hello = {.protocol_min = PROTOCOL_MIN,
                                    .protocol_max = PROTOCOL_MAX,
                                    .program = "piworker",
                                    .version = "1",
                                    .role = ROLE_WORKER,
                                    .name = "ada",
                                    .threads = 1,
                                    .kernel = "scalar"};
    struct stage stage;
    (void)state;
    stage_open(&stage, &scene, 1);
    struct endpoint t = endpoint_of(stage.address);
    memset(t.token, 7, sizeof(t.token));
    struct client *c = client_new(&t);
    client_set_hello(c, &hello);
    assert_int_equal(client_connect(c, LONG_MS), CLIENT_DONE);
    client_free(c);
    stage_close(&stage);
    assert_int_equal(heard[0].type, MSG_HELLO);
    assert_int_equal(heard[0].hello.role, ROLE_WORKER);
    assert_int_equal(heard[0].hello.proof_bytes, 0);
    assert_int_equal(heard[1].type, MSG_BYE);
}

/* ---- afterwards ---- */

static bool never(void *ctx, const struct msg_reply *r)
{
    (void)ctx, (void)r;
    return false;
}

/* Once it has been connected it can only be lost. */
static void what_ends_after_the_welcome_is_lost(void **state)
{
    static const struct {
        void (*play)(struct stage *s, int fd);
        const char *why;
    } cases[] = {
        {say_it_when_asked, "the coordinator has left: it is late"},
        {hang_up, "closed by the other side"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct scene scene = {false, cases[i].play};
        struct stage stage;
        says = (struct msg){.type = MSG_BYE, .bye = {"it is late"}};
        stage_open(&stage, &scene, 1);
        struct client *c = client_of(stage.address);
        assert_int_equal(client_connect(c, LONG_MS), CLIENT_DONE);
        (void)client_send(c, &(struct msg_request){.verb = REQUEST_JOBS});
        assert_int_equal(client_run(c, LONG_MS, never, NULL), CLIENT_LOST);
        assert_string_equal(client_why(c), cases[i].why);
        assert_false(client_connected(c));
        assert_int_equal(client_pause(c, 1), CLIENT_DONE);
        assert_string_equal(client_why(c), cases[i].why); /* still */
        assert_int_equal(client_run(c, LONG_MS, never, NULL), CLIENT_LOST);
        client_free(c);
        stage_close(&stage);
    }
}

/* Both arrive in one turn of the loop. */
static void welcome_and_leave(struct stage *s, int fd)
{
    struct msg welcome = {.type = MSG_WELCOME,
                          .welcome = {1, "0.1.0", 2000, 6000, 7, "x"}};
    struct msg hello;
    if (!stage_read(s, fd, &hello))
        return;
    stage_send_all(s, fd, (const struct msg[]){welcome, says}, 2);
    say_nothing(s, fd);
}

static void what_comes_with_the_welcome_is_told_by_the_next_wait(void **state)
{
    static const struct scene scene = {true, welcome_and_leave};
    static const struct {
        struct msg says;
        enum client_end end;
        const char *why;
    } cases[] = {
        {{.type = MSG_BYE, .bye = {"it is late"}},
         CLIENT_LOST,
         "the coordinator has left: it is late"},
        {{.type = MSG_REFUSAL,
          .refusal = {REFUSAL_TOKEN, "the token has been rotated", "", 1, 1}},
         CLIENT_REFUSED,
         "the token has been rotated"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct stage stage;
        says = cases[i].says;
        stage_open(&stage, &scene, 1);
        struct client *c = client_of(stage.address);
        assert_int_equal(client_connect(c, LONG_MS), CLIENT_DONE);
        enum client_end end = client_run(c, LONG_MS, never, NULL);
        assert_int_equal(end, cases[i].end);
        assert_string_equal(client_why(c), cases[i].why);
        client_free(c);
        stage_close(&stage);
    }
}

/* A client that is connected to somebody who says no more. */
static struct client *client_that_waits(struct stage *stage)
{
    static const struct scene scene = {false, say_nothing};
    stage_open(stage, &scene, 1);
    struct client *c = client_of(stage->address);
    assert_int_equal(client_connect(c, LONG_MS), CLIENT_DONE);
    return c;
}

static void a_reply_that_does_not_come_is_a_timeout(void **state)
{
    struct stage stage;
    (void)state;
    struct client *c = client_that_waits(&stage);
    assert_int_equal(client_run(c, 1, never, NULL), CLIENT_TIMEOUT);
    assert_true(client_connected(c)); /* it stays */
    client_free(c);
    stage_close(&stage);
}

static void requests_have_numbers_of_their_own(void **state)
{
    struct stage stage;
    (void)state;
    struct client *c = client_that_waits(&stage);
    for (uint32_t i = 1; i <= 3; i++)
        assert_int_equal(client_send(c, &(struct msg_request){.verb = REQUEST_JOBS}),
                         i);
    client_free(c);
    stage_close(&stage);
}

static void any_part_of_an_endpoint_makes_it_another(void **state)
{
    const struct endpoint first = endpoint_of("127.0.0.1:1");
    struct endpoint other = first;
    (void)state;
    struct client *c = client_new(&first);
    assert_false(client_set_endpoint(c, &other));
    snprintf(other.host, sizeof(other.host), "127.0.0.2");
    assert_true(client_set_endpoint(c, &other));
    assert_false(client_set_endpoint(c, &other));
    snprintf(other.port, sizeof(other.port), "2");
    assert_true(client_set_endpoint(c, &other));
    other.pin[JOIN_PIN_BYTES - 1] = 1;
    assert_true(client_set_endpoint(c, &other));
    other.token[JOIN_TOKEN_BYTES - 1] = 1;
    assert_true(client_set_endpoint(c, &other));
    assert_false(client_set_endpoint(c, &other));
    client_free(c);
}

/* The first ends the wait; the second does not rely on anybody's looking at that. */
static void a_second_signal_ends_the_program(void **state)
{
    int status;
    (void)state;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        struct client *c = client_of("127.0.0.1:1");
        raise(SIGTERM);
        raise(SIGINT);
        _exit(client_pause(c, LONG_MS) == CLIENT_INTERRUPTED ? 91 : 92);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 128 + SIGINT);
}

static void a_reader_that_goes_ends_the_wait_and_leaves_nothing_open(void **state)
{
    int fds[2];
    (void)state;
    client_free(client_of("127.0.0.1:1")); /* what libuv keeps for ever is there now */
    int before = scratch_count("/proc/self/fd");
    assert_int_equal(pipe(fds), 0);
    struct client *c = client_of("127.0.0.1:1");
    client_mind_reader(c, fds[1]);
    assert_int_equal(client_pause(c, 1), CLIENT_DONE);
    close(fds[0]);
    assert_int_equal(client_pause(c, LONG_MS), CLIENT_UNREAD);
    assert_string_equal(client_why(c), "");
    client_free(c);
    close(fds[1]);
    assert_int_equal(scratch_count("/proc/self/fd"), before);
}

/* ---- the doctor ---- */

/* Names of this test: libc's for all others. */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    int (*real)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (strcmp(host, "nobody.example") == 0)
        return EAI_NONAME;
    if (strcmp(host, "two.example") != 0)
        return real(host, service, hints, ret);
    int error = real("127.0.0.9", service, hints, ret); /* where nobody listens */
    return error ? error : real("127.0.0.1", service, hints, &(*ret)->ai_next);
}

struct visit {
    bool raw;
    void (*play)(struct stage *s, int fd);
    enum refusal_code refusal; /* 0: none */
    enum role role;
    int status;
    enum doctor_finding protocol, token;
    const char *said; /* of the step that decides */
};

static const struct visit visits[] = {
    {false, say_nothing, 0, ROLE_OPERATOR, EXIT_DONE, DOCTOR_OK, DOCTOR_OK,
     "it lets an operator in"},
    {false, say_nothing, 0, ROLE_WORKER, EXIT_DONE, DOCTOR_OK, DOCTOR_OK,
     "it lets a worker in"},
    {true, say_it, REFUSAL_TOKEN, ROLE_WORKER, EXIT_REFUSED, DOCTOR_OK, DOCTOR_WRONG,
     "not you"},
    {true, say_it, REFUSAL_ROLE, ROLE_OPERATOR, EXIT_DONE, DOCTOR_OK, DOCTOR_OK,
     "it lets a worker in; not an operator"},
    {true, say_it, REFUSAL_FULL, ROLE_WORKER, EXIT_UNREACHED, DOCTOR_WRONG,
     DOCTOR_UNTRIED, "not you"},
    {true, say_it, REFUSAL_BANNED, ROLE_WORKER, EXIT_REFUSED, DOCTOR_WRONG,
     DOCTOR_UNTRIED, "not you"},
    {true, interrupt, 0, ROLE_WORKER, EXIT_SIGNAL + SIGTERM, DOCTOR_UNTRIED,
     DOCTOR_UNTRIED, ""},
    {true, hang_up, 0, ROLE_WORKER, EXIT_UNREACHED, DOCTOR_UNTRIED, DOCTOR_UNTRIED, ""},
};

static const struct msg_hello a_worker = {.protocol_min = PROTOCOL_MIN,
                                          .protocol_max = PROTOCOL_MAX,
                                          .program = "piworker",
                                          .version = "1",
                                          .role = ROLE_WORKER,
                                          .name = "ada",
                                          .threads = 1,
                                          .kernel = "scalar"};

static void each_visit_has_its_findings_and_status(void **state)
{
    static const struct error nothing;
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(visits); i++) {
        const struct visit *v = &visits[i];
        const struct scene scene = {v->raw, v->play};
        struct doctor_report report = {0};
        struct stage stage;
        says = refusal(v->refusal);
        stage_open(&stage, &scene, 1);
        struct client *c = client_of(stage.address);
        if (v->role == ROLE_WORKER)
            client_set_hello(c, &a_worker);
        assert_int_equal(doctor_connect(&report, c, stage.address, &nothing),
                         v->status);
        assert_int_equal(report.checks[DOCTOR_NAME].finding, DOCTOR_OK);
        assert_string_equal(report.checks[DOCTOR_NAME].text, "127.0.0.1");
        assert_int_equal(report.checks[DOCTOR_PROTOCOL].finding, v->protocol);
        assert_int_equal(report.checks[DOCTOR_TOKEN].finding, v->token);
        enum doctor_check last = v->token ? DOCTOR_TOKEN : DOCTOR_PROTOCOL;
        assert_string_equal(report.checks[last].text, v->said);
        client_free(c);
        stage_close(&stage);
    }
}

static void a_name_that_is_none_is_unreached(void **state)
{
    static const struct error nothing;
    struct doctor_report report = {0};
    (void)state;
    struct client *c = client_of("nobody.example:31415");
    assert_int_equal(doctor_connect(&report, c, "nobody.example:31415", &nothing),
                     EXIT_UNREACHED);
    assert_int_equal(report.checks[DOCTOR_NAME].finding, DOCTOR_WRONG);
    assert_memory_equal(report.checks[DOCTOR_NAME].text, "nobody.example: ", 16);
    assert_int_equal(report.checks[DOCTOR_PORT].finding, DOCTOR_UNTRIED);
    client_free(c);
}

static void of_two_addresses_the_one_that_answers_is_told(void **state)
{
    static const struct scene scene = {false, say_nothing};
    static const struct error nothing;
    struct doctor_report report = {0};
    struct stage stage;
    char where[64];
    (void)state;
    stage_open(&stage, &scene, 1);
    snprintf(where, sizeof(where), "two.example:%s", strchr(stage.address, ':') + 1);
    struct client *c = client_of(where);
    assert_int_equal(doctor_connect(&report, c, where, &nothing), EXIT_DONE);
    assert_string_equal(report.checks[DOCTOR_NAME].text, "two.example is 127.0.0.1");
    client_free(c);
    stage_close(&stage);
}

/* Prints to temporary files in the place of stdout and stderr. */
static void printed(const struct doctor_report *r, bool json, char out[TEXT_SIZE],
                    char err[TEXT_SIZE])
{
    FILE *files[2] = {tmpfile(), tmpfile()};
    char *texts[2] = {out, err};
    int saved[2];
    fflush(NULL);
    for (int i = 0; i < 2; i++) {
        saved[i] = dup(STDOUT_FILENO + i);
        dup2(fileno(files[i]), STDOUT_FILENO + i);
    }
    if (json)
        doctor_print_json(r, DOCTOR_FDS + 1);
    else
        doctor_print(r, DOCTOR_FDS + 1);
    fflush(NULL);
    for (int i = 0; i < 2; i++) {
        dup2(saved[i], STDOUT_FILENO + i);
        close(saved[i]);
        rewind(files[i]);
        texts[i][fread(texts[i], 1, TEXT_SIZE - 1, files[i])] = '\0';
        fclose(files[i]);
    }
}

/* Hints are of what is not as it should be. */
static void a_report_is_printed_whole(void **state)
{
    struct doctor_report r = {0};
    char out[TEXT_SIZE], err[TEXT_SIZE];
    (void)state;
    doctor_record(&r, DOCTOR_NAME, DOCTOR_OK, "not shown", "%s is %s", "a", "b");
    doctor_record(&r, DOCTOR_PORT, DOCTOR_WARNING, "look at it", "it is %d", 7);
    doctor_record(&r, DOCTOR_PROTOCOL, DOCTOR_WRONG, "", "\"2\"");
    doctor_record(&r, DOCTOR_TOKEN, DOCTOR_MISSING, "say so", "none");
    doctor_record(&r, DOCTOR_CLOCK, DOCTOR_WRONG, NULL, "late");
    printed(&r, false, out, err);
    assert_string_equal(out, "name      ok       a is b\n"
                             "port      warning  it is 7\n"
                             "protocol  wrong    \"2\"\n"
                             "token     none     none\n"
                             "clock     wrong    late\n"
                             "fds       -        not tried\n");
    assert_string_equal(err, "hint: look at it\nhint: say so\n");
    printed(&r, true, out, err);
    assert_string_equal(
        out,
        "{\"name\":{\"state\":\"ok\",\"text\":\"a is b\",\"hint\":\"\"},"
        "\"port\":{\"state\":\"warning\",\"text\":\"it is 7\",\"hint\":\"look at it\"},"
        "\"protocol\":{\"state\":\"wrong\",\"text\":\"\\\"2\\\"\",\"hint\":\"\"},"
        "\"token\":{\"state\":\"none\",\"text\":\"none\",\"hint\":\"say so\"},"
        "\"clock\":{\"state\":\"wrong\",\"text\":\"late\",\"hint\":\"\"},"
        "\"fds\":{\"state\":\"-\",\"text\":\"\",\"hint\":\"\"}}\n");
    assert_string_equal(err, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_to_connect_has_its_end_and_phrase),
        cmocka_unit_test(a_refusal_is_kept_with_its_hint),
        cmocka_unit_test(nobody_there_is_unreached),
        cmocka_unit_test(a_worker_says_hello_and_bye),
        cmocka_unit_test(what_ends_after_the_welcome_is_lost),
        cmocka_unit_test(what_comes_with_the_welcome_is_told_by_the_next_wait),
        cmocka_unit_test(a_reply_that_does_not_come_is_a_timeout),
        cmocka_unit_test(requests_have_numbers_of_their_own),
        cmocka_unit_test(any_part_of_an_endpoint_makes_it_another),
        cmocka_unit_test(a_second_signal_ends_the_program),
        cmocka_unit_test(a_reader_that_goes_ends_the_wait_and_leaves_nothing_open),
        cmocka_unit_test(each_visit_has_its_findings_and_status),
        cmocka_unit_test(a_name_that_is_none_is_unreached),
        cmocka_unit_test(of_two_addresses_the_one_that_answers_is_told),
        cmocka_unit_test(a_report_is_printed_whole),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
