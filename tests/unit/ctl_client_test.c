// SPDX-License-Identifier: MIT
/*
 * pictl's subcommands against a coordinator that a thread of this test plays over a
 * socket: what is sent again, what is printed, and with which exit code it ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/wire.h"
#include "ctl/subcommands.h"

/* ---- the coordinator ---- */

enum { REQUESTS_MAX = 16, TEXT_SIZE = 4096 };

struct stage;

/* What the coordinator does on its n-th connection, after a Welcome unless it is raw.
 */
struct scene {
    bool raw;
    void (*play)(struct stage *s, int fd);
};

struct stage {
    const struct scene *scenes;
    size_t n_scenes;
    int listener;
    char address[32];
    pthread_t thread;
    struct arena in, out;
    struct msg_request requests[REQUESTS_MAX]; /* all that came, but for status */
    size_t n_requests;
};

static bool read_exactly(int fd, uint8_t *bytes, size_t n)
{
    while (n > 0) {
        ssize_t got = read(fd, bytes, n);
        if (got <= 0)
            return false;
        bytes += got;
        n -= (size_t)got;
    }
    return true;
}

static bool read_msg(struct stage *s, int fd, struct msg *ret)
{
    static uint8_t body[FRAME_BODY_MAX];
    uint8_t head[FRAME_HEADER_BYTES];
    const char *why = "";
    if (!read_exactly(fd, head, sizeof(head)))
        return false;
    size_t n = (size_t)head[2] << 8 | head[3];
    return read_exactly(fd, body, n) && wire_decode(body, n, &s->in, ret, &why) == 0;
}

static void send_msg(struct stage *s, int fd, const struct msg *m)
{
    uint8_t frame[FRAME_HEADER_BYTES + FRAME_BODY_MAX];
    size_t n = wire_encode(m, &s->out, frame, sizeof(frame));
    ssize_t sent = send(fd, frame, n, MSG_NOSIGNAL);
    (void)sent; /* it may have left already */
}

static struct job_view job_in(enum job_state state)
{
    return (struct job_view){.number = 3,
                             .name = "",
                             .state = state,
                             .reason = "",
                             .seed = 42,
                             .trials = 1000000,
                             .done = state == JOB_DONE ? 1000000 : 500000,
                             .hits = state == JOB_DONE ? 785477 : 392700,
                             .pi = 3.1416,
                             .stderr_ = 0.0016,
                             .ci_low = 3.14,
                             .ci_high = 3.143,
                             .weight = 1,
                             .elapsed_ms = 1000};
}

static void reply_job(struct stage *s, int fd, uint32_t id, bool last,
                      enum job_state state)
{
    struct msg m = {.type = MSG_REPLY,
                    .reply = {.id = id, .last = last, .body = REPLY_JOB}};
    m.reply.job = job_in(state);
    send_msg(s, fd, &m);
}

static void reply_error(struct stage *s, int fd, uint32_t id, enum error_code code)
{
    struct msg m = {.type = MSG_REPLY,
                    .reply = {.id = id, .last = true, .body = REPLY_ERROR}};
    m.reply.error.code = code;
    m.reply.error.message = "it is not there";
    m.reply.error.hint = "look elsewhere";
    send_msg(s, fd, &m);
}

static void reply_status(struct stage *s, int fd, uint32_t id, uint32_t workers)
{
    struct msg m = {.type = MSG_REPLY,
                    .reply = {.id = id, .last = true, .body = REPLY_STATUS}};
    m.reply.status = (struct status_view){.version = "0.1.0",
                                          .protocol = 1,
                                          .state = COORD_READY,
                                          .reason = "",
                                          .workers = workers,
                                          .threads = workers};
    send_msg(s, fd, &m);
}

/* The next request that is not about the status, which is answered by the way. */
static bool next_request(struct stage *s, int fd, uint32_t workers,
                         struct msg_request *ret)
{
    struct msg m;
    while (read_msg(s, fd, &m)) {
        if (m.type != MSG_REQUEST)
            continue;
        if (m.request.verb == REQUEST_STATUS) {
            reply_status(s, fd, m.request.id, workers);
            continue;
        }
        if (s->n_requests < REQUESTS_MAX)
            s->requests[s->n_requests++] = m.request;
        *ret = m.request;
        return true;
    }
    return false;
}

static void drain(struct stage *s, int fd, uint32_t workers)
{
    struct msg_request r;
    while (next_request(s, fd, workers, &r))
        ;
}

static void welcome(struct stage *s, int fd)
{
    struct msg hello;
    struct msg m = {.type = MSG_WELCOME,
                    .welcome = {.protocol = 1,
                                .version = "0.1.0",
                                .heartbeat_ms = 2000,
                                .silent_ms = 6000,
                                .name = ""}};
    if (read_msg(s, fd, &hello) && hello.type == MSG_HELLO)
        send_msg(s, fd, &m);
}

static void *play(void *arg)
{
    struct stage *s = arg;
    for (size_t i = 0; i < s->n_scenes; i++) {
        int fd = accept(s->listener, NULL, NULL);
        if (fd < 0)
            break;
        if (!s->scenes[i].raw)
            welcome(s, fd);
        s->scenes[i].play(s, fd);
        close(fd);
    }
    return NULL;
}

static void stage_open(struct stage *s, const struct scene *scenes, size_t n)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    *s = (struct stage){.scenes = scenes, .n_scenes = n};
    arena_init(&s->in, WIRE_BUDGET_BYTES);
    arena_init(&s->out, 0);
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(s->listener, 8), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&address, &size), 0);
    snprintf(s->address, sizeof(s->address), "127.0.0.1:%d", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&s->thread, NULL, play, s), 0);
}

static void stage_close(struct stage *s)
{
    pthread_join(s->thread, NULL);
    close(s->listener);
    arena_release(&s->in);
    arena_release(&s->out);
}

/* ---- pictl ---- */

struct said {
    int status;
    char out[TEXT_SIZE], err[TEXT_SIZE];
};

static int redirect(FILE *stream, FILE *to)
{
    fflush(stream);
    int saved = dup(fileno(stream));
    dup2(fileno(to), fileno(stream));
    return saved;
}

static void restore(FILE *stream, int saved, FILE *from, char text[TEXT_SIZE])
{
    fflush(stream);
    dup2(saved, fileno(stream));
    close(saved);
    rewind(from);
    text[fread(text, 1, TEXT_SIZE - 1, from)] = '\0';
    fclose(from);
}

/* pictl --plaintext --coordinator ADDRESS ARGS, args separated by one space each. */
static void pictl(struct said *said, const char *address, const char *args)
{
    char line[256], *argv[16], *rest = NULL;
    int argc = 0;
    struct ctl ctl = {.client = NULL};
    snprintf(line, sizeof(line), "%s --plaintext --coordinator %s", args, address);
    for (char *arg = strtok_r(line, " ", &rest); arg; arg = strtok_r(NULL, " ", &rest))
        argv[argc++] = arg;
    argv[argc] = NULL;
    ctl.values.at = &ctl.options;

    FILE *out = tmpfile(), *err = tmpfile();
    int saved_out = redirect(stdout, out), saved_err = redirect(stderr, err);
    said->status = ctl_find(argv[0])->run(&ctl, argc, argv);
    ctl_close(&ctl);
    restore(stdout, saved_out, out, said->out);
    restore(stderr, saved_err, err, said->err);
}

/* ---- scenes and tests ---- */

static void hang_up_on_the_request(struct stage *s, int fd)
{
    struct msg_request r;
    next_request(s, fd, 1, &r);
}

static void take_the_job(struct stage *s, int fd)
{
    struct msg_request r;
    if (next_request(s, fd, 1, &r))
        reply_job(s, fd, r.id, true, JOB_QUEUED);
    drain(s, fd, 1);
}

static void a_submit_that_was_cut_off_is_sent_again_under_its_id(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, hang_up_on_the_request},
                                          {false, take_the_job}};
    static const uint8_t zeros[UID_BYTES];
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "submit --trials 1M --seed 42 --name demo");
    stage_close(&stage);
    assert_int_equal(said.status, CTL_OK);
    assert_string_equal(said.out, "j-3\n");
    assert_string_equal(said.err, "");
    assert_int_equal(stage.n_requests, 2);
    const struct msg_submit *one = &stage.requests[0].submit;
    assert_memory_equal(one->request, stage.requests[1].submit.request, UID_BYTES);
    assert_memory_not_equal(one->request, zeros, UID_BYTES);
    assert_int_equal(one->trials, 1000000);
    assert_true(one->seed_given && one->seed == 42 && one->weight == 1);
}

static void take_the_job_without_workers(struct stage *s, int fd)
{
    struct msg_request r;
    if (next_request(s, fd, 0, &r))
        reply_job(s, fd, r.id, true, JOB_QUEUED);
    drain(s, fd, 0);
}

static void a_job_that_nobody_computes_is_pointed_out(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, take_the_job_without_workers}};
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "submit --until-stderr 1e-6");
    stage_close(&stage);
    assert_int_equal(said.status, CTL_OK);
    assert_string_equal(said.out, "j-3\n");
    assert_string_equal(
        said.err, "seed 42\n"
                  "pictl: job j-3 queued: no workers attached, nothing will run yet\n"
                  "hint: here: piworker; elsewhere: the line that 'pictl token show' "
                  "prints\n");
}

static void take_the_job_show_it_and_die(struct stage *s, int fd)
{
    struct msg_request r;
    if (next_request(s, fd, 1, &r))
        reply_job(s, fd, r.id, true, JOB_QUEUED);
    if (next_request(s, fd, 1, &r))
        reply_job(s, fd, r.id, false, JOB_RUNNING);
}

static void show_its_end(struct stage *s, int fd)
{
    struct msg_request r;
    if (next_request(s, fd, 1, &r))
        reply_job(s, fd, r.id, true, JOB_DONE);
    drain(s, fd, 1);
}

static void waiting_survives_a_restart_of_the_coordinator(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, take_the_job_show_it_and_die},
                                          {false, show_its_end}};
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "submit --trials 1M --wait");
    stage_close(&stage);
    assert_int_equal(said.status, CTL_OK);
    assert_non_null(
        strstr(said.out, "\nhits           785477\ntrials         1000000\n"));
    assert_non_null(strstr(said.err, "j-3 running 50.0%"));
    assert_non_null(strstr(said.err, "; trying again\n"));
    assert_non_null(strstr(said.err, "j-3 done 100.0%"));
    assert_int_equal(stage.n_requests, 3);
    assert_int_equal(stage.requests[2].verb, REQUEST_WATCH);
    assert_int_equal(stage.requests[2].job, 3); /* the same, whatever came after */
}

static void show_a_failure(struct stage *s, int fd)
{
    struct msg_request r;
    if (next_request(s, fd, 1, &r))
        reply_job(s, fd, r.id, true, JOB_FAILED);
    drain(s, fd, 1);
}

static void a_watched_job_that_fails_is_a_no(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, show_a_failure}};
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "watch --json");
    stage_close(&stage);
    assert_int_equal(said.status, CTL_NO);
    assert_non_null(strstr(said.out, "\"state\":\"failed\""));
    assert_non_null(strstr(said.out, "\"trials\":\"1000000\""));
}

static void show_no_end(struct stage *s, int fd)
{
    struct msg_request r;
    if (next_request(s, fd, 1, &r))
        reply_job(s, fd, r.id, false, JOB_RUNNING);
    drain(s, fd, 1);
}

static void a_timeout_ends_the_watch_and_not_the_job(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, show_no_end}};
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "watch j-3 --timeout 50ms");
    stage_close(&stage);
    assert_int_equal(said.status, CTL_TIMEOUT);
    assert_string_equal(said.err,
                        "pictl: time is up before job j-3 has ended; it goes on\n"
                        "hint: pictl watch j-3\n");
    assert_int_equal(stage.n_requests, 1);
}

static void show_it_and_press_ctrl_c(struct stage *s, int fd)
{
    struct msg_request r;
    if (next_request(s, fd, 1, &r))
        reply_job(s, fd, r.id, false, JOB_RUNNING);
    /* Its next request proves that it has read the reply and sits in its loop. */
    struct msg m;
    if (read_msg(s, fd, &m))
        kill(getpid(), SIGINT);
    drain(s, fd, 1);
}

static void ctrl_c_ends_the_watch_and_not_the_job(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, show_it_and_press_ctrl_c}};
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "watch j-3");
    stage_close(&stage);
    assert_int_equal(said.status, CTL_SIGNAL + SIGINT);
    assert_int_equal(stage.n_requests, 1);
}

static void miss_the_job(struct stage *s, int fd)
{
    struct msg_request r;
    if (next_request(s, fd, 1, &r))
        reply_error(s, fd, r.id, ERROR_NO_SUCH_JOB);
    drain(s, fd, 1);
}

static void an_error_reply_is_two_lines_and_its_exit_code(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, miss_the_job}};
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "cancel j-9");
    stage_close(&stage);
    assert_int_equal(said.status, CTL_UNKNOWN);
    assert_string_equal(said.err, "pictl: it is not there\nhint: look elsewhere\n");
    assert_string_equal(said.out, "");
    assert_int_equal(stage.requests[0].job, 9);
}

static void refuse(struct stage *s, int fd)
{
    struct msg hello;
    struct msg m = {.type = MSG_REFUSAL,
                    .refusal = {.code = REFUSAL_PROTOCOL,
                                .sentence = "no common protocol version",
                                .hint = "upgrade pictl",
                                .protocol_min = 2,
                                .protocol_max = 4}};
    if (read_msg(s, fd, &hello))
        send_msg(s, fd, &m);
}

static void a_refusal_is_passed_on_with_its_hint(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{true, refuse}};
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "status");
    stage_close(&stage);
    assert_int_equal(said.status, CTL_REFUSED);
    assert_non_null(strstr(said.err, " speaks protocol 2 to 4, this pictl " PI_VERSION
                                     " speaks 1\nhint: upgrade pictl\n"));
}

static void greet_as_another_service(struct stage *s, int fd)
{
    (void)s;
    static const char banner[] = "SSH-2.0-OpenSSH_9.2\r\n";
    ssize_t sent = write(fd, banner, sizeof(banner) - 1);
    uint8_t rest[256];
    while (sent > 0 && read(fd, rest, sizeof(rest)) > 0)
        ;
}

static void another_service_is_called_what_it_is(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{true, greet_as_another_service}};
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "status");
    stage_close(&stage);
    assert_int_equal(said.status, CTL_REFUSED);
    assert_non_null(strstr(said.err, "is not a picoord"));
    assert_non_null(strstr(said.err, "SSH-2.0"));
}

static void nobody_there_is_not_reached(void **state)
{
    (void)state;
    struct stage stage;
    struct said said;
    stage_open(&stage, NULL, 0);
    stage_close(&stage);
    pictl(&said, stage.address, "submit --trials 5");
    assert_int_equal(said.status, CTL_UNREACHED);
    assert_non_null(strstr(said.err, "cannot reach 127.0.0.1:"));
    assert_non_null(strstr(said.err, "connection refused"));
    assert_non_null(strstr(said.err, "\nhint: "));
    assert_string_equal(said.out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_submit_that_was_cut_off_is_sent_again_under_its_id),
        cmocka_unit_test(a_job_that_nobody_computes_is_pointed_out),
        cmocka_unit_test(waiting_survives_a_restart_of_the_coordinator),
        cmocka_unit_test(a_watched_job_that_fails_is_a_no),
        cmocka_unit_test(a_timeout_ends_the_watch_and_not_the_job),
        cmocka_unit_test(ctrl_c_ends_the_watch_and_not_the_job),
        cmocka_unit_test(an_error_reply_is_two_lines_and_its_exit_code),
        cmocka_unit_test(a_refusal_is_passed_on_with_its_hint),
        cmocka_unit_test(another_service_is_called_what_it_is),
        cmocka_unit_test(nobody_there_is_not_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
