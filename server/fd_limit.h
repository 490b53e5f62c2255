// SPDX-License-Identifier: MIT
/* File descriptors of this process: each connection takes one.  Not pure. */
#ifndef SERVER_FD_LIMIT_H
#define SERVER_FD_LIMIT_H

#include <stdint.h>

/* Raises the limit as far as it goes, and returns it. */
uint32_t fd_limit_raise(void);

/* How many are open now; `otherwise` where the system does not say. */
uint32_t fd_limit_count(uint32_t otherwise);

#endif
