// SPDX-License-Identifier: MIT
/*
 * Sends a signal to a worker and waits for the line of the coordinator's log which says
 * that a range was leased again; prints the milliseconds between.  The line is read
 * some time after the grant was made, so this is an upper bound.
 *
 *     regrant SIGNAL PID LOGFILE SECONDS
 *
 * Exit status 1 where no such line has come after SECONDS.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_NS = 200000, CHUNK = 1 << 16 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Whether the line is there, in what the log has had since the call before. */
static int said(int log)
{
    static char text[2 * CHUNK];
    static size_t n;
    ssize_t got = read(log, text + n, CHUNK - 1);
    if (got <= 0)
        return 0;
    n += (size_t)got;
    text[n] = '\0';
    if (strstr(text, "leased again first="))
        return 1;
    /* Only the last line may be a part of what is looked for. */
    const char *line = strrchr(text, '\n');
    if (line) {
        n -= (size_t)(line - text);
        memmove(text, line, n);
    }
    if (n > CHUNK)
        n = 0;
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: regrant SIGNAL PID LOGFILE SECONDS\n");
        return 2;
    }
    int log = open(argv[3], O_RDONLY | O_CLOEXEC);
    if (log < 0 || lseek(log, 0, SEEK_END) < 0) {
        fprintf(stderr, "regrant: %s: %s\n", argv[3], strerror(errno));
        return 1;
    }
    double start = now_s(), limit = atof(argv[4]);
    if (kill((pid_t)atoi(argv[2]), atoi(argv[1])) < 0) {
        fprintf(stderr, "regrant: cannot signal %s: %s\n", argv[2], strerror(errno));
        return 1;
    }
    while (now_s() - start < limit) {
        if (said(log)) {
            printf("%.3f\n", 1000 * (now_s() - start));
            return 0;
        }
        nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
    }
    fprintf(stderr, "regrant: nothing was leased again in %s s\n", argv[4]);
    return 1;
}
