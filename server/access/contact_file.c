// SPDX-License-Identifier: MIT
#include "server/access/contact_file.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/join/contact.h"
#include "common/net/address.h"

static int format_contact(char text[CONTACT_BYTES], const char *address,
                          const char *worker_join, const char *operator_join)
{
    char host[256], port[6];
    if (address_split(address, host, port) < 0)
        return -EINVAL;
    return snprintf(text, CONTACT_BYTES,
                    "{\"addr\":\"%s\",\"port\":%s,\"pid\":%d,\"version\":\"%s\","
                    "\"join\":\"%s\",\"operator_join\":\"%s\"}\n",
                    host, port, (int)getpid(), PI_VERSION, worker_join, operator_join);
}

int contact_file_write(const char *file, const char *address, const char *worker_join,
                       const char *operator_join, struct output *ret)
{
    char text[CONTACT_BYTES];
    static_assert(CONTACT_BYTES <= PIPE_BUF, "a pipe takes it at once or not at all");
    int n = format_contact(text, address, worker_join, operator_join);
    if (n < 0)
        return n;
    int err = output_write(file, text, (size_t)n, false, NULL, NULL, ret);
    explicit_bzero(text, sizeof(text));
    return err;
}
