// SPDX-License-Identifier: MIT
/* Whose program listens on a TCP port of this machine.  Reads /proc; owns nothing. */
#ifndef COMMON_SYS_PORT_OWNER_H
#define COMMON_SYS_PORT_OWNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* On any address, IPv4 before IPv6.  False: nobody, or that cannot be told here. */
bool port_owner(uint16_t port, uid_t *ret);

#endif
