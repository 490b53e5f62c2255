// SPDX-License-Identifier: MIT
/*
 * IPv4 and IPv6 addresses: as socket addresses and as text.  Pure: no name lookup, no
 * allocation.
 */
#ifndef COMMON_NET_ADDRESS_H
#define COMMON_NET_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/socket.h>

#include "common/base/base.h"

enum { ADDRESS_BYTES = 64 }; /* "[2001:db8::1]:31415" and its NUL */

/* "HOST", "HOST:PORT", "[V6]:PORT" split into caller buffers; port defaults to
 * 31415.  0 or -EINVAL. */
MUST_USE int address_split(const char *text, char host[256], char port[6]);

/* A port number, "0" to "65535", digits only; copied.  0 or -EINVAL. */
MUST_USE int address_port(const char *text, char ret[6]);

/* Whether it is in 127.0.0.0/8, or ::1, or a 127.0.0.0/8 address mapped into IPv6. */
bool address_is_loopback(const struct sockaddr *address);

/* One number for each IPv4 address and for each IPv6 /64 prefix; never 0. */
uint64_t address_origin(const struct sockaddr *address);

/* Address and port as text: "127.0.0.1:51544", "[::1]:51544". */
void address_text(const struct sockaddr *address, char ret[ADDRESS_BYTES]);

#endif
