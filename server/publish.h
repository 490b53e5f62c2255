// SPDX-License-Identifier: MIT
/*
 * The contact file, by which batch systems find this coordinator; common/contact.h
 * reads it.  Not pure.
 */
#ifndef SERVER_PUBLISH_H
#define SERVER_PUBLISH_H

#include "common/base.h"

/* {"addr","port","pid","version","join","operator_join"}, mode 0600, put in place by a
 * rename, so nobody sees half of it.  address is as address_text() makes it, the joins
 * are join strings.  0 or a negative errno. */
MUST_USE int publish_contact(const char *path, const char *address,
                             const char *worker_join, const char *operator_join);

/* Only if it is still the file of this process. */
void publish_withdraw(const char *path);

#endif
