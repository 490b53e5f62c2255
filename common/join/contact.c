// SPDX-License-Identifier: MIT
/*
 * Reads some members of a contact file and ignores the others.  Join strings hold
 * tokens, so memory of jansson is wiped before it is freed.
 */
#include "common/join/contact.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { HEAD_BYTES = sizeof(max_align_t) }; /* before each block: its size */

static void *wiping_malloc(size_t bytes)
{
    char *block = malloc(HEAD_BYTES + bytes);
    if (!block)
        return NULL;
    memcpy(block, &bytes, sizeof(bytes));
    return block + HEAD_BYTES;
}

static void wiping_free(void *p)
{
    if (!p)
        return;
    size_t bytes;
    char *block = (char *)p - HEAD_BYTES;
    memcpy(&bytes, block, sizeof(bytes));
    explicit_bzero(block, HEAD_BYTES + bytes);
    free(block);
}

/* Copies a string of printable ASCII without spaces into `size` bytes. */
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
    json_int_t port = json_integer_value(from); /* 0 if it is no integer */
    if (port < 1 || port > 65535)
        return false;
    snprintf(ret, 6, "%d", (int)port);
    return true;
}

/* "" if it is absent. */
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
    json_malloc_t old_malloc;
    json_free_t old_free;
    json_get_alloc_funcs(&old_malloc, &old_free);
    json_set_alloc_funcs(wiping_malloc, wiping_free);
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    bool ok = read_contact(json, &contact);
    json_decref(json);
    json_set_alloc_funcs(old_malloc, old_free);
    if (!ok)
        return -EBADMSG;
    *ret = contact;
    return 0;
}
