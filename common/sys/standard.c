// SPDX-License-Identifier: MIT
#include "common/sys/standard.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/exit.h"

/* /dev/null, or else the root directory, on which read() and write() fail. */
static int open_something(int flags)
{
    int fd = open("/dev/null", flags);
    return fd < 0 ? open("/", O_RDONLY | O_DIRECTORY) : fd;
}

/* In ascending order, since open() returns the lowest free number. */
void standard_open(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open_something(fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(EXIT_LOCAL);
}

int standard_flush(const char *program, int status)
{
    struct stat st;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (fstat(STDOUT_FILENO, &st) == 0 &&
        (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
        return status;
    if ((fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) == O_RDONLY)
        fprintf(stderr,
                "%s: cannot write the answer: standard output is not open for "
                "writing\n",
                program);
    else
        fprintf(stderr, "%s: cannot write the answer\nhint: is the disk full?\n",
                program);
    return status ? status : EXIT_LOCAL;
}
