// SPDX-License-Identifier: MIT
#include "tests/lib/caught.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

enum { CAUGHT_BYTES = 1 << 18 };

static struct {
    FILE *file;
    int saved;
    char text[CAUGHT_BYTES];
} of[3];

void caught_begin(int fd)
{
    fflush(NULL);
    of[fd].file = tmpfile();
    assert_non_null(of[fd].file);
    of[fd].saved = dup(fd);
    assert_int_equal(dup2(fileno(of[fd].file), fd), fd);
}

char *caught_end(int fd)
{
    fflush(NULL);
    dup2(of[fd].saved, fd);
    close(of[fd].saved);
    ssize_t n = pread(fileno(of[fd].file), of[fd].text, CAUGHT_BYTES - 1, 0);
    assert_true(n >= 0);
    of[fd].text[n] = '\0';
    fclose(of[fd].file);
    return of[fd].text;
}
