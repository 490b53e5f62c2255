// SPDX-License-Identifier: MIT
/*
 * Reads the members of a contact file that matter here.  The file is our own and flat,
 * so they are found by name; whatever else it holds is not looked at.
 */
#include "common/join/contact.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What follows `"name":`, or NULL. */
static const char *member(const char *text, const char *name)
{
    char quoted[24];
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

/* A string without escapes, into `size` bytes. */
static bool read_string(const char *text, const char *name, char *ret, size_t size)
{
    const char *at = member(text, name);
    if (!at || *at != '"')
        return false;
    at++;
    size_t n = strcspn(at, "\"\\");
    if (at[n] != '"' || n >= size)
        return false;
    memcpy(ret, at, n);
    ret[n] = '\0';
    return true;
}

static bool read_port(const char *text, char ret[6])
{
    const char *at = member(text, "port");
    size_t n = at ? strspn(at, "0123456789") : 0;
    if (n == 0 || n > 5)
        return false;
    memcpy(ret, at, n);
    ret[n] = '\0';
    unsigned long port = strtoul(ret, NULL, 10);
    return port >= 1 && port <= 65535;
}

/* One that is not there is "". */
static bool read_join(const char *text, const char *name, char ret[JOIN_TEXT_BYTES])
{
    ret[0] = '\0';
    return !member(text, name) || read_string(text, name, ret, JOIN_TEXT_BYTES);
}

int contact_parse(const char *text, struct contact *ret)
{
    struct contact contact;
    if (!read_string(text, "addr", contact.host, sizeof(contact.host)) ||
        !contact.host[0] || !read_port(text, contact.port) ||
        !read_join(text, "join", contact.join) ||
        !read_join(text, "operator_join", contact.operator_join))
        return -EBADMSG;
    *ret = contact;
    return 0;
}
