// SPDX-License-Identifier: MIT
#include "tests/lib/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS_MAX = 12 };

static size_t words_of(char *line, char *word[WORDS_MAX])
{
    size_t n = 0;
    char *rest = NULL;
    for (char *w = strtok_r(line, " \n", &rest); w; w = strtok_r(NULL, " \n", &rest)) {
        assert_true(n < WORDS_MAX);
        word[n++] = w;
    }
    return n;
}

void vectors_each(const char *name, size_t columns, size_t least,
                  void (*check)(char *const *word))
{
    char line[512];
    snprintf(line, sizeof(line), "tests/vectors/%s", name);
    FILE *file = fopen(line, "r");
    assert_non_null(file);
    size_t rows = 0;
    while (fgets(line, sizeof(line), file)) {
        char *word[WORDS_MAX];
        if (line[0] == '#')
            continue;
        assert_int_equal(words_of(line, word), columns);
        check(word);
        rows++;
    }
    fclose(file);
    assert_true(rows >= least);
}

const char *vectors_spaced(char *word)
{
    for (char *c = word; *c; c++)
        if (*c == '_')
            *c = ' ';
    return word;
}
