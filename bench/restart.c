// SPDX-License-Identifier: MIT
/*
 * A restart of a job with a thousand gaps in its ledger: how long picoord takes until
 * it is ready, and how long a worker then waits from its first Hello to its first
 * grant.
 *
 *     restart BIN FOLDER [GAPS]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/sys/hash.h"
#include "common/wire/frame.h"
#include "common/wire/wire.h"
#include "server/core/cell.h"
#include "server/store/database.h"

enum { ROUNDS = 9, FIRST_LOG2 = 30, PATH = 512 };

static void fail(const char *what)
{
    fprintf(stderr, "restart: %s\n", what);
    exit(1);
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* A job with every second lease counted. */
static void make_state(const char *path, size_t gaps)
{
    struct record *r = mem_zero(gaps + 2, sizeof(*r));
    struct database *d;
    struct error why;
    uint64_t lease = UINT64_C(1) << (FIRST_LOG2 - 6), at = UINT64_C(1) << FIRST_LOG2;
    remove(path);
    r[0] = (struct record){.type = RECORD_JOB, .job = 1};
    r[0].job_ = (struct job_record){.state = JOB_RUNNING,
                                    .rule = STOP_TRIALS,
                                    .trials = UINT64_C(1) << 50,
                                    .weight = 1,
                                    .frontier = UINT64_C(1) << 49};
    for (size_t i = 1; i <= gaps; i++, at += 2 * lease)
        r[i] = (struct record){
            RECORD_ROW, 1,
            .row = {at, lease, lease / 2, .author = 7, .verified = true}};
    r[gaps + 1] = (struct record){RECORD_SHARE, 1,
                                  .share = {7, gaps * lease, gaps * (lease / 2), "w"}};
    if (database_open(path, &d, &why) < 0)
        fail(why.what);
    if (database_write(d, r, gaps + 2) < 0)
        fail(database_why(d));
    database_close(d);
    free(r);
}

static pid_t start(const char *bin, const char *folder, const char *contact)
{
    char program[PATH];
    snprintf(program, sizeof(program), "%s/picoord", bin);
    remove(contact);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execl(program, program, "--state", folder, "--listen", "127.0.0.1:0",
          "--contact-file", contact, "--plaintext", "--log-level", "error", NULL);
    _exit(127);
}

static int port_when_there(const char *contact)
{
    char text[PATH] = "";
    const char *port = NULL;
    while (!port) {
        FILE *in = fopen(contact, "r");
        usleep(100);
        if (!in)
            continue;
        text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
        fclose(in);
        port = strstr(text, "\"port\":");
    }
    return atoi(port + 7 + (port[7] == '"'));
}

static void send_message(int fd, const struct msg *m)
{
    uint8_t out[4096];
    struct arena scratch;
    arena_init(&scratch, 0);
    size_t n = wire_encode(m, &scratch, out, sizeof(out));
    if (write(fd, out, n) != (ssize_t)n)
        fail("a message does not leave");
    arena_release(&scratch);
}

static void wait_for(int fd, struct frame_reader *r, enum msg_type type)
{
    struct arena arena;
    struct msg m = {.type = MSG_BYE};
    arena_init(&arena, WIRE_BUDGET_BYTES);
    while (m.type != type) {
        const uint8_t *body;
        size_t bytes, room;
        const char *why;
        while (frame_next(r, &body, &bytes) != FRAME_READY) {
            void *to = frame_reader_room(r, &room);
            ssize_t n = read(fd, to, room);
            if (n <= 0)
                fail("picoord has closed the connection");
            frame_reader_filled(r, (size_t)n);
        }
        if (wire_decode(body, bytes, &arena, &m, &why) < 0)
            fail(why);
    }
    arena_release(&arena);
}

/* The time from Hello to the first grant. */
static double first_grant(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct msg hello = {.type = MSG_HELLO,
                        .hello = {.protocol_min = PROTOCOL_MIN,
                                  .protocol_max = PROTOCOL_MAX,
                                  .program = "bench",
                                  .version = "",
                                  .role = ROLE_WORKER,
                                  .name = "bench",
                                  .threads = 1,
                                  .kernel = "none"}};
    struct msg resume = {.type = MSG_RESUME, .resume.last = true};
    struct frame_reader r;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    hash_random(hello.hello.secret, sizeof(hello.hello.secret));
    frame_reader_init(&r, FRAME_BODY_MAX);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
        fail("picoord is not reached");
    double begin = now_ms();
    send_message(fd, &hello);
    wait_for(fd, &r, MSG_WELCOME);
    send_message(fd, &resume);
    wait_for(fd, &r, MSG_GRANTS);
    double took = now_ms() - begin;
    close(fd);
    frame_reader_release(&r);
    return took;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    char path[PATH], contact[PATH];
    double there[ROUNDS], grant[ROUNDS];
    if (argc < 3) {
        fprintf(stderr, "usage: restart BIN FOLDER [GAPS]\n");
        return 2;
    }
    size_t gaps = argc > 3 ? strtoul(argv[3], NULL, 10) : 1000;
    snprintf(path, sizeof(path), "%s/state.db", argv[2]);
    snprintf(contact, sizeof(contact), "%s/contact", argv[2]);
    make_state(path, gaps);
    for (int i = 0; i < ROUNDS; i++) {
        double begin = now_ms();
        pid_t pid = start(argv[1], argv[2], contact);
        int port = port_when_there(contact);
        there[i] = now_ms() - begin;
        grant[i] = first_grant(port);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    qsort(there, ROUNDS, sizeof(*there), ascending);
    qsort(grant, ROUNDS, sizeof(*grant), ascending);
    printf(
        "\n%zu gaps, %d restarts: from exec to listening %.1f ms (at most %.1f), first "
        "Hello to first grant %.2f ms (at most %.2f)\n",
        gaps, ROUNDS, there[ROUNDS / 2], there[ROUNDS - 1], grant[ROUNDS / 2],
        grant[ROUNDS - 1]);
    return 0;
}
