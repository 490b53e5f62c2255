// SPDX-License-Identifier: MIT
/*
 * How long an answer takes while a coordinator works: text and HTTP beside the frames
 * of bench/dispatch.c.
 */
#ifndef BENCH_LIB_QUESTION_H
#define BENCH_LIB_QUESTION_H

#include "server/net/net.h"
#include "server/view/viewer.h"

enum { QUESTIONS = 1000 };

/* Those who ask the coordinator that *n will be. */
struct viewers *question_viewers(uv_loop_t *loop, struct net **n);

/* Asks so often, one after the other, each time over a connection of its own; prints
 * how long that took. */
void question_print(unsigned port, const char *what, const char *question);

#endif
