// SPDX-License-Identifier: MIT
/*
 * The contact file, with which batch systems find this coordinator;
 * common/join/contact.h reads it.  Not pure.
 */
#ifndef SERVER_ACCESS_CONTACT_FILE_H
#define SERVER_ACCESS_CONTACT_FILE_H

#include "common/sys/output.h"

/* Writes {"addr","port","pid","version","join","operator_join"}, mode 0600, syncs it
 * and renames it into place, so that readers never see part of it.  A pipe is written
 * directly and "-" is standard output, as common/sys/output.h says; no reader is waited
 * for. address is formatted as by address_text(), the joins are join strings.  0, and
 * output_withdraw(ret) removes the file; or a negative errno. */
MUST_USE int contact_file_write(const char *file, const char *address,
                                const char *worker_join, const char *operator_join,
                                struct output *ret);

#endif
