// SPDX-License-Identifier: MIT
/*
 * pictl before a coordinator that a thread of the test plays over a socket: scenes, one
 * for each connection, and what a subcommand has said and answered.
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

/* Listens at s->address and plays the scenes, which are borrowed, until stage_close().
 */
void stage_open(struct stage *s, const struct scene *scenes, size_t n);

/* pictl has ended: a scene that has not begun never will. */
void stage_close(struct stage *s);

/* What scenes do.  False: the other end has closed. */
bool stage_read(struct stage *s, int fd, struct msg *ret);
void stage_send(struct stage *s, int fd, const struct msg *m);

/* The next request that is not about the status, which is answered by the way: so many
 * workers. */
bool stage_request(struct stage *s, int fd, uint32_t workers, struct msg_request *ret);

/* Takes requests, and replies to none but those about the status, until the end. */
void stage_drain(struct stage *s, int fd, uint32_t workers);

/* Replies to request `id`: job 3 in that state; an error, the last. */
void stage_reply_job(struct stage *s, int fd, uint32_t id, bool last,
                     enum job_state state);
void stage_reply_error(struct stage *s, int fd, uint32_t id, enum error_code code);

/* Job 3 of a million trials, half of them done or all. */
struct job_view stage_job(enum job_state state);

/* ---- pictl ---- */

struct said {
    int status;
    char out[TEXT_SIZE], err[TEXT_SIZE];
};

/* pictl --plaintext --coordinator ADDRESS ARGS, args separated by one space each. */
void pictl(struct said *said, const char *address, const char *args);

#endif
