// SPDX-License-Identifier: MIT
/*
 * The programs that --offer NAME=COMMAND names.
 */
#ifndef COMMON_PROGRAM_OFFER_H
#define COMMON_PROGRAM_OFFER_H

#include <stdbool.h>

#include "common/base/base.h"
#include "common/base/error.h"
#include "common/wire/msg.h"

struct program_offer {
    char name[NAME_BYTES + 1];
    const char *command; /* borrowed */
};

struct offers {
    struct program_offer items[PROGRAMS_MAX];
    size_t n;
};

/* subject: how the option was given, "--offer" or "PI_OFFER".  -EINVAL: *why. */
MUST_USE int offer_parse(const char *subject, const char *text,
                         struct program_offer *ret, struct error *why);

/* At most PROGRAMS_MAX, of different names. */
MUST_USE int offers_parse(const char *subject, const char *const *texts, size_t n,
                          struct offers *ret, struct error *why);

/* NULL: there is none of this name. */
const struct program_offer *offers_find(const struct offers *offers, const char *name);

/* Whether a program may be called so: as a worker, but not "pi". */
MUST_USE int offer_check_name(const char *subject, const char *name, struct error *why);

/* Whether it may be the text of a job: printable ASCII, at most ARG_BYTES. */
MUST_USE int offer_check_arg(const char *subject, const char *arg, struct error *why);

#endif
