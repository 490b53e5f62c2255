// SPDX-License-Identifier: MIT
/* File descriptors of this process: each connection takes one.  Not pure. */
#ifndef SERVER_FD_LIMIT_H
#define SERVER_FD_LIMIT_H

#include <stdint.h>

/* Raises the soft limit to the hard limit, and returns it. */
uint32_t fd_limit_raise(void);

/* The number of open descriptors; `otherwise` if the system does not tell. */
uint32_t fd_limit_count(uint32_t otherwise);

#endif
