// SPDX-License-Identifier: MIT
/*
 * At which addresses others reach this coordinator: those it listens on, and for one
 * that stands for all of them ("0.0.0.0", "[::]") those of the machine's interfaces.
 * Asks the system once; owns nothing.
 */
#ifndef SERVER_ACCESS_ADVERTISE_H
#define SERVER_ACCESS_ADVERTISE_H

#include <stdbool.h>

#include "common/base/base.h"

enum { ADVERTISED_MAX = 16 };

struct advertised {
    char host[64]; /* without brackets */
    char port[6];
    bool local; /* for this machine alone */
};

/*
 * n addresses that are listened on, as address_text() makes them, to where peers dial:
 * other machines' ways first, and of those IPv4 before IPv6; then this machine's.
 * Link-local addresses, which need to be told the interface, are left out.  Returns how
 * many, at least one.
 */
size_t advertise_addresses(const char (*listening)[64], size_t n,
                           struct advertised ret[ADVERTISED_MAX]);

#endif
