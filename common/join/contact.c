// SPDX-License-Identifier: MIT
/* Takes the members of a contact file that matter here; others are not looked at. */
#include "common/join/contact.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A text of printable ASCII without spaces, into `size` bytes. */
static bool read_text(const json_t *from, char *ret, size_t size)
{
    const char *text = json_string_value(from);
    size_t n = text ? strlen(text) : size;
    if (n >= size)
        return false;
    for (size_t i = 0; i < n; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    memcpy(ret, text, n + 1);
    return true;
}

static bool read_port(const json_t *from, char ret[6])
{
    json_int_t port = json_integer_value(from); /* of what is none: 0 */
    if (port < 1 || port > 65535)
        return false;
    snprintf(ret, 6, "%d", (int)port);
    return true;
}

/* One that is not there is "". */
static bool read_join(const json_t *from, char ret[JOIN_TEXT_BYTES])
{
    ret[0] = '\0';
    return !from || read_text(from, ret, JOIN_TEXT_BYTES);
}

static bool read_contact(const json_t *from, struct contact *ret)
{
    return read_text(json_object_get(from, "addr"), ret->host, sizeof(ret->host)) &&
           ret->host[0] && read_port(json_object_get(from, "port"), ret->port) &&
           read_join(json_object_get(from, "join"), ret->join) &&
           read_join(json_object_get(from, "operator_join"), ret->operator_join);
}

int contact_parse(const char *text, struct contact *ret)
{
    struct contact contact;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    bool ok = read_contact(json, &contact);
    json_decref(json);
    if (!ok)
        return -EBADMSG;
    *ret = contact;
    return 0;
}
