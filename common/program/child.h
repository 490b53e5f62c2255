// SPDX-License-Identifier: MIT
/*
 * A child process that reads what it is asked and writes what it answers: a command of
 * the shell, in a process group of its own, with pipes for its three streams.  It gets
 * no descriptor, no capability and no core file of ours, and dies with the thread that
 * has started it.
 *
 * All functions on one child are called from one thread.  The parent ignores or blocks
 * SIGPIPE.
 */
#ifndef COMMON_PROGRAM_CHILD_H
#define COMMON_PROGRAM_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/base.h"
#include "common/base/ring.h"
#include "common/wire/msg.h"

enum {
    CHILD_STDERR_BYTES = STDERR_BYTES + 1, /* what is shown of it: the last lines */
    CHILD_STDERR_LINES = 20,
    CHILD_HOW_BYTES = 80,
};

/* Starts zeroed. */
struct program_child {
    pid_t pid;        /* 0: none */
    int in, out, err; /* our ends, non-blocking; valid while there is a pid */
    struct ring link; /* of all children of this process */
    char said[2 * STDERR_BYTES]; /* the end of its stderr */
    size_t n_said;
};

/* Runs `command` by /bin/sh with this environment.  0 or a negative errno; if the shell
 * cannot be run, the child exits with 127. */
MUST_USE int child_start(struct program_child *c, const char *command,
                         char *const environment[]);

/* Takes what there is on stderr. */
void child_hear(struct program_child *c);

/* Ends its input, and once it has closed its output, or after so long, kills the
 * process group and waits for the child.  Without one it does nothing.  Its stderr is
 * kept until the next start. */
void child_stop(struct program_child *c, int patience_ms);

/* Stops a child that has closed its output, and says how it ended by itself: "exited
 * with 3", "was killed by Segmentation fault".  A child that is slow to end is given
 * 200 ms.  Returns whether it has ended by itself. */
bool child_end(struct program_child *c, char how[CHILD_HOW_BYTES]);

/* The last lines of stderr, printable but for newlines. */
void child_last_lines(const struct program_child *c, char ret[CHILD_STDERR_BYTES]);

/* Whether a process that has ended is a child that its owner will wait for.  May be
 * called from any thread. */
bool child_is_ours(pid_t pid);

/* The environment of this process without its PI_*, which may hold secrets, and with
 * what programs are told.  The caller calls child_environment_free(). */
char **child_environment(const char *name, unsigned thread);
void child_environment_free(char **environment);

#endif
