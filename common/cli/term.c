// SPDX-License-Identifier: MIT
#include "common/cli/term.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *env(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

bool term_is(int fd)
{
    return isatty(fd) && *env("TERM") && strcmp(env("TERM"), "dumb") != 0;
}

unsigned term_columns(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    long columns = strtol(env("COLUMNS"), NULL, 10);
    return columns > 0 && columns < 10000 ? (unsigned)columns : 80;
}

bool term_colour(int fd)
{
    return term_is(fd) && !*env("NO_COLOR");
}

bool term_utf8(void)
{
    const char *locale = *env("LC_ALL")     ? env("LC_ALL")
                         : *env("LC_CTYPE") ? env("LC_CTYPE")
                                            : env("LANG");
    return strcasestr(locale, "UTF-8") || strcasestr(locale, "UTF8");
}

enum job_line term_job_line(int fd)
{
    return !term_is(fd) ? JOB_LINE_PLAIN : term_utf8() ? JOB_LINE_UTF8 : JOB_LINE_ASCII;
}

bool term_controls(void)
{
    int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

bool term_is_outlived(void)
{
    struct sigaction now;
    return sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}
