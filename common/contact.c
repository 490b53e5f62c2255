// SPDX-License-Identifier: MIT
/*
 * Reads the two members of a contact file that matter here.  The file is our own and
 * flat, so they are found by name; whatever else it holds is not looked at.
 */
#include "common/contact.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { CONTACT_BYTES_MAX = 4096, HOST_BYTES = 256, PORT_BYTES = 6 };

/* What follows `"name":`, or NULL. */
static const char *member(const char *text, const char *name)
{
    char quoted[16];
    snprintf(quoted, sizeof(quoted), "\"%s\"", name);
    const char *at = strstr(text, quoted);
    if (!at)
        return NULL;
    at += strlen(quoted);
    at += strspn(at, " \t\r\n");
    if (*at != ':')
        return NULL;
    at++;
    return at + strspn(at, " \t\r\n");
}

static bool is_port(const char *text, size_t n)
{
    char *end;
    if (n == 0 || n >= PORT_BYTES)
        return false;
    unsigned long port = strtoul(text, &end, 10);
    return end == text + n && port >= 1 && port <= 65535;
}

int contact_parse(const char *text, char host[256], char port[6])
{
    const char *addr = member(text, "addr"), *number = member(text, "port");
    if (!addr || *addr != '"' || !number)
        return -EBADMSG;
    addr++;
    size_t n_addr = strcspn(addr, "\"\\"), n_port = strspn(number, "0123456789");
    if (addr[n_addr] != '"' || n_addr == 0 || n_addr >= HOST_BYTES ||
        !is_port(number, n_port))
        return -EBADMSG;
    memcpy(host, addr, n_addr);
    host[n_addr] = '\0';
    memcpy(port, number, n_port);
    port[n_port] = '\0';
    return 0;
}

int contact_read(const char *path, char host[256], char port[6])
{
    char text[CONTACT_BYTES_MAX + 1];
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    errno = 0;
    size_t n = fread(text, 1, sizeof(text), file);
    int error = ferror(file) ? errno : 0;
    fclose(file);
    if (error)
        return -error;
    if (n > CONTACT_BYTES_MAX || memchr(text, '\0', n))
        return -EBADMSG;
    text[n] = '\0';
    return contact_parse(text, host, port);
}
