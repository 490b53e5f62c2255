// SPDX-License-Identifier: MIT
#include "bench/lib/question.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/lib/child.h"

static bool ask(void *ctx, const struct msg_request *r, reply_sink *sink,
                void *sink_ctx)
{
    return net_query(*(struct net **)ctx, r, sink, sink_ctx);
}

struct viewers *question_viewers(uv_loop_t *loop, struct net **n)
{
    static struct report report;
    static struct view_policy policy;
    struct viewers *v;
    report = (struct report){.ask = ask, .ctx = n};
    check("viewers", viewers_new(loop, &report, &policy, 64, &v));
    return v;
}

/* Sends one question over a new connection and reads until the other side closes. */
static double ask_once(unsigned port, const char *question)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr = {htonl(INADDR_LOOPBACK)}};
    char answer[4096];
    ssize_t n, all = 0;
    double start = seconds_of(CLOCK_MONOTONIC);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
        write(fd, question, strlen(question)) < 0)
        die("ask", -errno);
    while ((n = read(fd, answer, sizeof(answer))) > 0)
        all += n;
    if (all == 0)
        die("ask: no answer", -EPROTO);
    close(fd);
    return 1e3 * (seconds_of(CLOCK_MONOTONIC) - start);
}

void question_print(unsigned port, const char *what, const char *question)
{
    static double ms[QUESTIONS];
    for (size_t i = 0; i < QUESTIONS; i++)
        ms[i] = ask_once(port, question);
    qsort(ms, QUESTIONS, sizeof(*ms), ascending);
    printf("%-22s %8.2f ms median %8.2f ms p99 %8.2f ms at most\n", what,
           ms[QUESTIONS / 2], ms[QUESTIONS * 99 / 100], ms[QUESTIONS - 1]);
}
