// SPDX-License-Identifier: MIT
/*
 * How others find this coordinator, and how it finds another in its place: the contact
 * file of batch systems, and a look at who answers where a port is taken.
 */
#ifndef SERVER_CONTACT_H
#define SERVER_CONTACT_H

#include <stdbool.h>

#include "common/base.h"

struct sockaddr;

/* {"addr","port","pid","version","join","operator_join"}, mode 0600, put in place by a
 * rename, so nobody sees half of it.  address is as address_text() makes it, the joins
 * are join strings.  0 or a negative errno. */
MUST_USE int contact_write(const char *path, const char *address,
                           const char *worker_join, const char *operator_join);

/* Only if it is still the file of this process. */
void contact_remove(const char *path);

/* Whether a picoord answers our Hello there.  Takes half a second at most. */
bool contact_answers(const struct sockaddr *address);

#endif
