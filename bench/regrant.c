// SPDX-License-Identifier: MIT
/*
 * Sends a signal to a worker and waits for the line of the coordinator's log which says
 * that a range of the lost worker was granted again.  Prints the milliseconds from the
 * signal to then: an upper bound, because the line is read after the grant was made.
 *
 *     regrant SIGNAL PID NAME LOGFILE SECONDS
 *
 * Exit status 1: no such line within SECONDS.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_NS = 200000, LOG_BYTES = 1 << 20 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Whether the rest of the log has a line about the loss and a later one about a grant.
 */
static bool leased_again(int log, const char *name)
{
    static char text[LOG_BYTES + 1], lost[100];
    static size_t n;
    ssize_t got = read(log, text + n, LOG_BYTES - n);
    if (got <= 0)
        return false;
    n += (size_t)got;
    text[n] = '\0';
    snprintf(lost, sizeof(lost), " name=%s reason=", name);
    const char *from = strstr(text, lost);
    return from && strstr(from, " leased again first=");
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: regrant SIGNAL PID NAME LOGFILE SECONDS\n");
        return 2;
    }
    const char *name = argv[3], *path = argv[4];
    int log = open(path, O_RDONLY | O_CLOEXEC);
    if (log < 0 || lseek(log, 0, SEEK_END) < 0) {
        fprintf(stderr, "regrant: %s: %s\n", path, strerror(errno));
        return 1;
    }
    double start = now_s(), limit = atof(argv[5]);
    if (kill((pid_t)atoi(argv[2]), atoi(argv[1])) < 0) {
        fprintf(stderr, "regrant: cannot signal %s: %s\n", argv[2], strerror(errno));
        return 1;
    }
    while (now_s() - start < limit) {
        if (leased_again(log, name)) {
            printf("%.3f\n", 1000 * (now_s() - start));
            return 0;
        }
        nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
    }
    fprintf(stderr, "regrant: nothing was leased again in %s s\n", argv[5]);
    return 1;
}
