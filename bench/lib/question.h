// SPDX-License-Identifier: MIT
/*
 * How long an answer takes while a coordinator works: text and HTTP beside the frames
 * of bench/dispatch.c.
 */
#ifndef BENCH_LIB_QUESTION_H
#define BENCH_LIB_QUESTION_H

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/lib/child.h"
#include "server/net/net.h"
#include "server/view/viewer.h"

enum { ASKED = 1000 };

static inline bool asked_ask(void *ctx, const struct msg_request *r,
                             reply_handler *take, void *take_ctx)
{
    return net_ask(*(struct net **)ctx, r, take, take_ctx);
}

/* Whoever asks the coordinator that *n will be. */
static inline struct viewers *asked_guests(uv_loop_t *loop, struct net **n)
{
    static struct report show;
    static struct view_policy policy;
    struct viewers *g;
    show = (struct report){.ask = asked_ask, .ctx = n};
    check("guests", viewers_new(loop, &show, &policy, 64, &g));
    return g;
}

/* One question over a connection of its own, until the other side closes. */
static inline double asked_once(unsigned port, const char *question)
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

static inline void asked_print(unsigned port, const char *what, const char *question)
{
    static double ms[ASKED];
    for (size_t i = 0; i < ASKED; i++)
        ms[i] = asked_once(port, question);
    qsort(ms, ASKED, sizeof(*ms), ascending);
    printf("%-22s %8.2f ms median %8.2f ms p99 %8.2f ms at most\n", what, ms[ASKED / 2],
           ms[ASKED * 99 / 100], ms[ASKED - 1]);
}

#endif
