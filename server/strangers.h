// SPDX-License-Identifier: MIT
/* Connections of those who are no peers, as log lines: ten at once, and one a second
 * in the long run; the next line says how many there were beside it. */
#ifndef SERVER_STRANGERS_H
#define SERVER_STRANGERS_H

#include <stdint.h>

struct strangers {
    int64_t until_ms; /* all is said up to there */
    uint64_t unsaid;
};

void strangers_say(struct strangers *s, int64_t now_ms, const char *address,
                   const char *why);

#endif
