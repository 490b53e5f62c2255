// SPDX-License-Identifier: MIT
/*
 * What is wrong on the way to a coordinator: its steps, one after another, and a report
 * with a line for each.  Steps after the first failure are not tried.  Blocks; not
 * pure.
 */
#ifndef COMMON_JOIN_DOCTOR_H
#define COMMON_JOIN_DOCTOR_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/join/client.h"
#include "common/wire/msg.h"

/* The first four are doctor_connect()'s. */
enum doctor_check {
    DOCTOR_NAME,
    DOCTOR_PORT,
    DOCTOR_PROTOCOL,
    DOCTOR_TOKEN,
    DOCTOR_CLOCK,
    DOCTOR_FDS,
};

enum doctor_finding {
    DOCTOR_UNTRIED,
    DOCTOR_OK,
    DOCTOR_WARNING,
    DOCTOR_WRONG,
    DOCTOR_MISSING, /* nothing to try it with */
};

struct doctor_report {
    struct {
        enum doctor_finding finding;
        char text[5 * TEXT_BYTES];
        const char *hint; /* borrowed; NULL: none */
    } checks[DOCTOR_FDS + 1];
};

void doctor_record(struct doctor_report *r, enum doctor_check check,
                   enum doctor_finding finding, const char *hint, const char *format,
                   ...) __attribute__((format(printf, 5, 6)));

/*
 * Looks up the name in `where`, HOST:PORT, and connects the client.  no_token says why
 * there is none, in which case the client has a plaintext endpoint, or is NULL.  The
 * exit status; EXIT_SIGNAL and more: interrupted.
 */
MUST_USE int doctor_connect(struct doctor_report *r, struct client *client,
                            const char *where, const struct error *no_token);

/* The first n checks: lines on stdout, then hints on stderr; or an object on stdout. */
void doctor_print(const struct doctor_report *r, size_t n);
void doctor_print_json(const struct doctor_report *r, size_t n);

#endif
