// SPDX-License-Identifier: MIT
/*
 * The contact file, by which batch systems find this coordinator; common/join/contact.h
 * reads it.  Not pure.
 */
#ifndef SERVER_ACCESS_CONTACT_FILE_H
#define SERVER_ACCESS_CONTACT_FILE_H

#include "common/sys/output.h"

/* {"addr","port","pid","version","join","operator_join"}, mode 0600, put in place by a
 * rename, so nobody sees half of it; a pipe is written into and "-" is standard output,
 * as common/sys/output.h says, and nothing is waited for.  address is as address_text()
 * makes it, the joins are join strings.  0, and output_withdraw(ret) undoes it, or a
 * negative errno. */
MUST_USE int contact_file_write(const char *file, const char *address,
                                const char *worker_join, const char *operator_join,
                                struct output *ret);

#endif
