// SPDX-License-Identifier: MIT
#include "server/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/conn.h"
#include "common/contact.h"
#include "common/private.h"

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

int publish_contact(const char *path, const char *address, const char *worker_join,
                    const char *operator_join)
{
    char text[CONTACT_BYTES];
    struct complaint why; /* the caller has a sentence of its own */
    int n = format_contact(text, address, worker_join, operator_join);
    if (n < 0)
        return n;
    int err = private_write(path, text, (size_t)n, false, &why);
    explicit_bzero(text, sizeof(text));
    return err;
}

void publish_withdraw(const char *path)
{
    char text[CONTACT_BYTES], mine[32];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    snprintf(mine, sizeof(mine), "\"pid\":%d,", (int)getpid());
    if (strstr(text, mine))
        unlink(path);
}
