// SPDX-License-Identifier: MIT
#include "common/cli/term.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/format.h"

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

/* The length of the character at text if it is one that shows and changes nothing
 * around it: no control, no separator, no mark of direction, nothing private.  0: it is
 * not, or it is no valid UTF-8. */
static size_t shown_character(const unsigned char *text)
{
    static const struct {
        unsigned char least, most; /* first bytes */
        size_t bytes;
        uint32_t low, high; /* code points */
    } forms[] = {{0x20, 0x7e, 1, 0x20, 0x7e},     {0xc2, 0xdf, 2, 0xa1, 0x7ff},
                 {0xe0, 0xe1, 3, 0x800, 0x1fff},  {0xe2, 0xe2, 3, 0x2070, 0x2fff},
                 {0xe3, 0xed, 3, 0x3001, 0xd7ff}, {0xf0, 0xf0, 4, 0x10000, 0x3ffff}};
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        if (*text < forms[i].least || *text > forms[i].most)
            continue;
        size_t n = forms[i].bytes;
        uint32_t point = n == 1 ? *text : *text & (0x7fu >> n);
        for (size_t k = 1; k < n; k++) {
            if ((text[k] & 0xc0) != 0x80)
                return 0;
            point = point << 6 | (text[k] & 0x3f);
        }
        return point >= forms[i].low && point <= forms[i].high && point != '\\' ? n : 0;
    }
    return 0;
}

const char *term_typed(char *buf, size_t size, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t n;
    while (*at && (n = shown_character(at)) > 0)
        at += n;
    if (*at || strlen(text) >= size || !term_utf8())
        return format_escape_str(buf, size, text);
    memcpy(buf, text, strlen(text) + 1);
    return buf;
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
