// SPDX-License-Identifier: MIT
#ifndef SERVER_STATE_CHECK_H
#define SERVER_STATE_CHECK_H

#include "server/access/access.h"

/* `picoord --check`: checks the state directory, which has to be there, and keeps
 * others out meanwhile.  The exit status; all has been said. */
MUST_USE int state_check(const struct access_config *config);

#endif
