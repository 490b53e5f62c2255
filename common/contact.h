// SPDX-License-Identifier: MIT
/*
 * The contact file, in which a picoord writes where it listens, so that those who wait
 * for it need not know the port: {"addr":"127.0.0.1","port":31415,...}.  Reads one
 * small file; owns nothing.
 */
#ifndef COMMON_CONTACT_H
#define COMMON_CONTACT_H

#include "common/base.h"

/*
 * 0, with host and port as strings.  -ENOENT: the file is not there (yet).  -EBADMSG:
 * it is no contact file.  Else the errno of reading it.
 */
MUST_USE int contact_read(const char *path, char host[256], char port[6]);

/* The same of the file's text; pure. */
MUST_USE int contact_parse(const char *text, char host[256], char port[6]);

#endif
