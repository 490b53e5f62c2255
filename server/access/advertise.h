// SPDX-License-Identifier: MIT
/*
 * The addresses under which other machines reach this coordinator: those it listens on;
 * a wildcard ("0.0.0.0", "[::]") stands for all addresses of the machine's interfaces.
 * Queries the system in each call; owns nothing.
 */
#ifndef SERVER_ACCESS_ADVERTISE_H
#define SERVER_ACCESS_ADVERTISE_H

#include <stdbool.h>

#include "common/base/base.h"

enum { ADVERTISED_MAX = 16 };

struct advertised {
    char host[256]; /* without brackets */
    char port[6];
    bool local; /* reachable from this machine only */
};

/*
 * Turns n listening addresses, as formatted by address_text(), into addresses to dial:
 * first those for other machines, IPv4 before IPv6, then those for this machine. Omits
 * link-local addresses, which need an interface.  Returns their number, at least one.
 */
size_t advertise_addresses(const char (*listening)[64], size_t n,
                           struct advertised ret[ADVERTISED_MAX]);

/* Puts the address that was given, HOST or HOST:PORT, in front of n others; without a
 * port it is the first one's.  The others are then for this machine, first those that
 * no other one reaches.  Returns their number. */
size_t advertise_first(const char *given, struct advertised list[ADVERTISED_MAX],
                       size_t n);

#endif
