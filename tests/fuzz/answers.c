// SPDX-License-Identifier: MIT
/*
 * What a program answers, in pieces of any size: each line is told once, right, and the
 * same however it was cut.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/program/answers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES_MAX = 64 };

struct heard {
    struct {
        uint64_t first, hits;
    } good[LINES_MAX];
    size_t n;
    bool bad; /* nothing is read after it */
};

static void hear(const uint8_t *data, size_t size, size_t piece, struct heard *ret)
{
    struct answers a = {.n = 0};
    char shown[ANSWER_BYTES];
    memset(ret, 0, sizeof(*ret));
    while (size > 0 && ret->n < LINES_MAX) {
        size_t room, n = size < piece ? size : piece;
        char *at = answers_room(&a, &room);
        assert(room >= ANSWERS_BYTES - ANSWER_BYTES);
        n = n < room ? n : room;
        memcpy(at, data, n);
        answers_add(&a, n);
        data += n;
        size -= n;
        enum answer answer = ANSWER_GOOD;
        while (ret->n < LINES_MAX) {
            uint64_t first, hits;
            answer = answers_next(&a, &first, &hits, shown);
            assert(strlen(shown) < sizeof(shown));
            if (answer != ANSWER_GOOD)
                break;
            ret->good[ret->n].first = first;
            ret->good[ret->n++].hits = hits;
        }
        ret->bad = answer == ANSWER_BAD;
        if (ret->bad)
            return;
    }
}

/* What is good in form is taken back as it was meant. */
static void round_trip(uint64_t first, uint64_t hits)
{
    char line[64];
    struct heard heard;
    int n = snprintf(line, sizeof(line), "%" PRIu64 " %" PRIu64 "\n", first, hits);
    hear((const uint8_t *)line, (size_t)n, sizeof(line), &heard);
    assert(heard.n == 1 && heard.good[0].first == first && heard.good[0].hits == hits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct heard whole, pieces;
    if (size == 0)
        return 0;
    hear(data + 1, size - 1, ANSWERS_BYTES, &whole);
    hear(data + 1, size - 1, 1 + data[0] % 61, &pieces);
    assert(whole.bad == pieces.bad && whole.n == pieces.n);
    assert(memcmp(whole.good, pieces.good, sizeof(whole.good)) == 0);
    for (size_t i = 0; i < whole.n; i++)
        round_trip(whole.good[i].first, whole.good[i].hits);
    return 0;
}
