// SPDX-License-Identifier: MIT
/*
 * Each call opens a socket, sends one datagram and closes it.  Messages are rare, and
 * no descriptor stays open for child processes to inherit.  Owns no memory.
 */
#include "common/sys/sd_notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/base.h"

/* The address that NOTIFY_SOCKET names: "/path", or "@name" for an abstract socket,
 * whose address starts with a zero byte and has no terminator. */
MUST_USE static int manager_address(const char *name, struct sockaddr_un *ret_address,
                                    socklen_t *ret_len)
{
    size_t len = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || len < 2)
        return -EAFNOSUPPORT;
    if (len >= sizeof(ret_address->sun_path))
        return -ENAMETOOLONG;
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(ret_address->sun_path, name, len);
    if (name[0] == '@')
        ret_address->sun_path[0] = '\0';
    *ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    return 0;
}

static int notify_send(const char *message)
{
    const char *name = getenv("NOTIFY_SOCKET");
    if (!name || !*name)
        return 0;
    struct sockaddr_un address;
    socklen_t address_len;
    int rc = manager_address(name, &address, &address_len);
    if (rc < 0)
        return rc;
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0)
        return -errno;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    ssize_t sent = sendto(fd, message, strlen(message), MSG_DONTWAIT,
                          (const struct sockaddr *)&address, address_len);
    rc = sent < 0 ? -errno : 0;
    close(fd);
    return rc;
}

int sd_notify_ready(void)
{
    return notify_send("READY=1");
}

int sd_notify_stopping(void)
{
    return notify_send("STOPPING=1");
}

int sd_notify_watchdog(void)
{
    return notify_send("WATCHDOG=1");
}

int sd_notify_status(const char *format, ...)
{
    char message[SD_NOTIFY_MAX] = "STATUS=";
    size_t at = strlen(message);
    va_list args;
    va_start(args, format);
    vsnprintf(message + at, sizeof(message) - at, format, args);
    va_end(args);
    /* A newline would start another assignment. */
    for (char *c = message; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    return notify_send(message);
}

int64_t sd_notify_watchdog_ms(void)
{
    const char *usec = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    if (!usec || (pid && strtoll(pid, NULL, 10) != getpid()))
        return 0;
    int64_t half_ms = strtoll(usec, NULL, 10) / 2000;
    return half_ms < 0 ? 0 : half_ms > 5000 ? 5000 : half_ms;
}
