// SPDX-License-Identifier: MIT
#include "tests/lib/ctl_stage.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/wire/frame.h"
#include "common/wire/wire.h"
#include "ctl/command_table.h"

/* ---- the coordinator ---- */

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

bool stage_read(struct stage *s, int fd, struct msg *ret)
{
    static uint8_t body[FRAME_BODY_MAX];
    uint8_t head[FRAME_HEADER_BYTES];
    const char *why = "";
    if (!read_exactly(fd, head, sizeof(head)))
        return false;
    size_t n = (size_t)head[2] << 8 | head[3];
    return read_exactly(fd, body, n) && wire_decode(body, n, &s->in, ret, &why) == 0;
}

void stage_send_all(struct stage *s, int fd, const struct msg *m, size_t n)
{
    uint8_t frames[2 * (FRAME_HEADER_BYTES + FRAME_BODY_MAX)];
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += wire_encode(&m[i], &s->out, frames + bytes, sizeof(frames) - bytes);
    ssize_t sent = send(fd, frames, bytes, MSG_NOSIGNAL);
    (void)sent; /* pictl may have closed already */
}

void stage_send(struct stage *s, int fd, const struct msg *m)
{
    stage_send_all(s, fd, m, 1);
}

struct job_view stage_job(enum job_state state)
{
    return (struct job_view){.number = 3,
                             .name = "",
                             .state = state,
                             .reason = "",
                             .program = "",
                             .arg = "",
                             .scale = SCALE_PI,
                             .doubt = "",
                             .seed = 42,
                             .trials = 1000000,
                             .done = state == JOB_DONE ? 1000000 : 500000,
                             .hits = state == JOB_DONE ? 785477 : 392700,
                             .pi = 3.1416,
                             .stderr_ = 0.0016,
                             .ci_low = 3.14,
                             .ci_high = 3.143,
                             .any_low = 3.138,
                             .any_high = 3.145,
                             .weight = 1,
                             .elapsed_ms = 1000};
}

void stage_reply_job(struct stage *s, int fd, uint32_t id, bool last,
                     enum job_state state)
{
    struct msg m = {.type = MSG_REPLY,
                    .reply = {.id = id, .last = last, .body = REPLY_JOB}};
    m.reply.job = stage_job(state);
    stage_send(s, fd, &m);
}

void stage_reply_error(struct stage *s, int fd, uint32_t id, enum error_code code)
{
    struct msg m = {.type = MSG_REPLY,
                    .reply = {.id = id, .last = true, .body = REPLY_ERROR}};
    m.reply.error.code = code;
    m.reply.error.message = "it is not there";
    m.reply.error.hint = "look elsewhere";
    stage_send(s, fd, &m);
}

static void stage_reply_status(struct stage *s, int fd, uint32_t id, uint32_t workers)
{
    struct msg m = {.type = MSG_REPLY,
                    .reply = {.id = id, .last = true, .body = REPLY_STATUS}};
    m.reply.status = (struct status_view){.version = "0.1.0",
                                          .protocol = 1,
                                          .state = COORD_READY,
                                          .reason = "",
                                          .workers = workers,
                                          .threads = workers};
    stage_send(s, fd, &m);
}

bool stage_request(struct stage *s, int fd, uint32_t workers, struct msg_request *ret)
{
    struct msg m;
    while (stage_read(s, fd, &m)) {
        if (m.type != MSG_REQUEST)
            continue;
        if (m.request.verb == REQUEST_STATUS) {
            stage_reply_status(s, fd, m.request.id, workers);
            continue;
        }
        if (s->n_requests < REQUESTS_MAX)
            s->requests[s->n_requests++] = m.request;
        *ret = m.request;
        return true;
    }
    return false;
}

void stage_drain(struct stage *s, int fd, uint32_t workers)
{
    struct msg_request r;
    while (stage_request(s, fd, workers, &r))
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
    if (stage_read(s, fd, &hello) && hello.type == MSG_HELLO)
        stage_send(s, fd, &m);
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

void stage_open(struct stage *s, const struct scene *scenes, size_t n)
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

void stage_close(struct stage *s)
{
    shutdown(s->listener, SHUT_RD);
    pthread_join(s->thread, NULL);
    close(s->listener);
    arena_release(&s->in);
    arena_release(&s->out);
}

/* ---- pictl ---- */

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

/* One pictl after the other runs in this process, and signals must reach each. */
static void keep_signals(void)
{
}

static int run_line(const char *format, va_list args)
{
    char line[256], *argv[33] = {"pictl"}, *rest = NULL;
    int argc = 1;
    vsnprintf(line, sizeof(line), format, args);
    for (char *arg = strtok_r(line, " ", &rest); arg; arg = strtok_r(NULL, " ", &rest))
        argv[argc++] = arg;
    argv[argc] = NULL;
    return ctl_main(&command_table, argc, argv, keep_signals);
}

void pictl_line(struct said *said, const char *format, ...)
{
    va_list args;
    FILE *out = tmpfile(), *err = tmpfile();
    int saved_out = redirect(stdout, out), saved_err = redirect(stderr, err);
    va_start(args, format);
    said->status = run_line(format, args);
    va_end(args);
    restore(stdout, saved_out, out, said->out);
    restore(stderr, saved_err, err, said->err);
}

int pictl_on(int fd, const char *format, ...)
{
    va_list args;
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    dup2(fd, STDOUT_FILENO);
    va_start(args, format);
    int status = run_line(format, args);
    va_end(args);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    return status;
}

void pictl(struct said *said, const char *address, const char *args)
{
    pictl_line(said, "%s --plaintext --coordinator %s", args, address);
}
