// SPDX-License-Identifier: MIT
/*
 * Response times of text and HTTP while the coordinator is busy with the frames of
 * bench/dispatch.c.
 */
#ifndef BENCH_LIB_QUESTION_H
#define BENCH_LIB_QUESTION_H

#include "server/net/net.h"
#include "server/view/viewer.h"

enum { QUESTIONS = 1000 };

/* Viewers of the coordinator; *n is set later, before the first question. */
struct viewers *question_viewers(uv_loop_t *loop, struct net **n);

/* Asks QUESTIONS times in sequence, each over a new connection; prints the response
 * times. */
void question_print(unsigned port, const char *what, const char *question);

#endif
