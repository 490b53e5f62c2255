// SPDX-License-Identifier: MIT
#ifndef SERVER_STATE_CHECK_H
#define SERVER_STATE_CHECK_H

#include "server/access/access.h"

/* `picoord --check`: checks the state directory, which must exist, and locks it
 * meanwhile; or a backup, where --state names a file.  Returns the exit status;
 * everything was printed. */
MUST_USE int state_check(const struct access_config *config);

#endif
