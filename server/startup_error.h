// SPDX-License-Identifier: MIT
/* Why picoord cannot start, in two lines on stderr.  All return the exit status. */
#ifndef SERVER_STARTUP_ERROR_H
#define SERVER_STARTUP_ERROR_H

#include <sys/socket.h>

#include "common/base/error.h"

/* "cannot WHAT SUBJECT", with the words of a negative errno; hint: or NULL. */
int startup_error(const char *what, const char *subject, int err, const char *hint);

/* The two lines are those of the complaint. */
int startup_error_print(const struct error *why);

/* Looks who listens there already, for the hint: half a second at most. */
int startup_error_listen(const struct sockaddr *address, int err);

#endif
