// SPDX-License-Identifier: MIT
/*
 * pictl in a test, against a fake coordinator: a thread that plays one scene for each
 * connection, over a socket.  Records what a subcommand prints, and its exit status.
 */
#ifndef TESTS_LIB_CTL_STAGE_H
#define TESTS_LIB_CTL_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "common/base/arena.h"
#include "common/wire/msg.h"

/* ---- the coordinator ---- */

enum { REQUESTS_MAX = 16, TEXT_SIZE = 1 << 15 };

struct stage;

/* What the coordinator does on its n-th connection, after a Welcome unless raw. */
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
    struct msg_request requests[REQUESTS_MAX]; /* received, except for status */
    size_t n_requests;
};

/* Listens at s->address and plays the scenes, which are borrowed, until stage_close().
 */
void stage_open(struct stage *s, const struct scene *scenes, size_t n);

/* After the last pictl: stops the thread; scenes that have not begun are skipped. */
void stage_close(struct stage *s);

/* For scenes.  stage_read() returns false once the other end has closed. */
bool stage_read(struct stage *s, int fd, struct msg *ret);
void stage_send(struct stage *s, int fd, const struct msg *m);

/* n of them in one write, 2 at most of full size. */
void stage_send_all(struct stage *s, int fd, const struct msg *m, size_t n);

/* Reads the next request other than status, and answers status requests meanwhile with
 * so many workers.  False: the other end has closed. */
bool stage_request(struct stage *s, int fd, uint32_t workers, struct msg_request *ret);

/* Reads requests until the other end closes, and answers only status requests. */
void stage_drain(struct stage *s, int fd, uint32_t workers);

/* Replies to request `id` with job 3 in that state; with an error, as the last reply.
 */
void stage_reply_job(struct stage *s, int fd, uint32_t id, bool last,
                     enum job_state state);
void stage_reply_error(struct stage *s, int fd, uint32_t id, enum error_code code);

/* Job 3 of a million trials: half of them done, or all if it is done. */
struct job_view stage_job(enum job_state state);

/* ---- pictl ---- */

struct said {
    int status;
    char out[TEXT_SIZE], err[TEXT_SIZE];
};

/* Runs pictl with these words, separated by single spaces, in this process. */
__attribute__((format(printf, 2, 3))) void pictl_line(struct said *said,
                                                      const char *format, ...);

/* The same with that descriptor as its standard output; returns its exit code. */
__attribute__((format(printf, 2, 3))) int pictl_on(int fd, const char *format, ...);

/* Runs pictl --plaintext --coordinator ADDRESS ARGS in this process; args are separated
 * by single spaces. */
void pictl(struct said *said, const char *address, const char *args);

#endif
