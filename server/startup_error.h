// SPDX-License-Identifier: MIT
/* Prints why picoord cannot start, in two lines on stderr.  All return the exit
 * status. */
#ifndef SERVER_STARTUP_ERROR_H
#define SERVER_STARTUP_ERROR_H

#include <sys/socket.h>

#include "common/base/error.h"

/* "cannot WHAT SUBJECT" and the text of a negative errno; hint: or NULL. */
int startup_error(const char *what, const char *subject, int err, const char *hint);

/* Prints the two lines of the error. */
int startup_error_print(const struct error *why);

/* The state in the directory contradicts itself; why is a phrase. */
int startup_error_state(const char *directory, const char *why);

/* For the hint, checks whether a picoord uses the address: takes half a second at
 * most. */
int startup_error_listen(const struct sockaddr *address, int err);

#endif
