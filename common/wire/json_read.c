// SPDX-License-Identifier: MIT
/*
 * JSON to a message: jansson parses the text, and a walk over the same descriptors that
 * json.c uses copies the members that the message has.  So the schema bounds the depth
 * of the walk.
 */
#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/format.h"
#include "common/wire/json.h"
#include "common/wire/wire_pb.h"

enum { ELEMENT_BYTES = 8 }; /* of an array: 64-bit numbers or pointers */

static_assert(sizeof(void *) <= ELEMENT_BYTES, "an array has room for pointers");

static int read_message(struct pb_check *c, const char *name, const json_t *from,
                        const ProtobufCMessageDescriptor *d, ProtobufCMessage **ret);

/* `expected` is the type that the member should have. */
static int bad_member(struct pb_check *c, const char *name, const char *expected)
{
    return BAD(c, "\"%s\": expected %s", name, expected);
}

static int too_large(struct pb_check *c)
{
    return BAD(c, "too large for a ledger");
}

/* Writes a field that is a pointer of any type. */
static int store_pointer(void *field, const void *p)
{
    memcpy(field, &p, sizeof(p));
    return 0;
}

/* An exact integer up to max: a number, or its digits as a string, as protobuf writes
 * 64-bit integers. */
static int read_integer(struct pb_check *c, const char *name, const json_t *from,
                        uint64_t max, uint64_t *ret)
{
    const char *digits = json_string_value(from);
    uint64_t value = (uint64_t)json_integer_value(from);
    if (digits) {
        value = 0;
        if (!*digits || strspn(digits, "0123456789") != json_string_length(from) ||
            (digits[0] == '0' && digits[1]))
            return bad_member(c, name, "a whole number");
        for (; *digits; digits++)
            if (__builtin_mul_overflow(value, 10, &value) ||
                __builtin_add_overflow(value, (uint64_t)(*digits - '0'), &value))
                return bad_member(c, name, "a smaller number");
    } else if (!json_is_integer(from) || json_integer_value(from) < 0) {
        return bad_member(c, name, "a whole number");
    }
    if (value > max)
        return bad_member(c, name, "a smaller number");
    *ret = value;
    return 0;
}

static int read_string(struct pb_check *c, const char *name, const json_t *from,
                       void *ret)
{
    if (!json_is_string(from))
        return bad_member(c, name, "a text");
    size_t n = json_string_length(from);
    char *s = pb_alloc(c->arena, n + 1);
    if (!s)
        return too_large(c);
    memcpy(s, json_string_value(from), n + 1);
    return store_pointer(ret, s);
}

static int read_value(struct pb_check *c, const ProtobufCFieldDescriptor *f,
                      const json_t *from, void *ret)
{
    uint64_t integer;
    ProtobufCMessage *inner;
    switch (f->type) {
    case PROTOBUF_C_TYPE_UINT32:
        if (read_integer(c, f->name, from, UINT32_MAX, &integer) < 0)
            return -EBADMSG;
        *(uint32_t *)ret = (uint32_t)integer;
        return 0;
    case PROTOBUF_C_TYPE_BOOL:
        if (!json_is_boolean(from))
            return bad_member(c, f->name, "true or false");
        *(protobuf_c_boolean *)ret = json_is_true(from);
        return 0;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return read_integer(c, f->name, from, UINT64_MAX, ret);
    case PROTOBUF_C_TYPE_DOUBLE:
        if (!json_is_number(from))
            return bad_member(c, f->name, "a number");
        *(double *)ret = json_number_value(from);
        return 0;
    case PROTOBUF_C_TYPE_STRING:
        return read_string(c, f->name, from, ret);
    case PROTOBUF_C_TYPE_MESSAGE:
        return read_message(c, f->name, from, f->descriptor, &inner) < 0
                   ? -EBADMSG
                   : store_pointer(ret, inner);
    default: /* a ledger has no fields of other types */
        abort();
    }
}

static int read_array(struct pb_check *c, const ProtobufCFieldDescriptor *f,
                      const json_t *from, void *ret, size_t *ret_n)
{
    assert(f->type != PROTOBUF_C_TYPE_UINT32 &&
           f->type != PROTOBUF_C_TYPE_BOOL); /* smaller than ELEMENT_BYTES */
    if (!json_is_array(from))
        return bad_member(c, f->name, "a list");
    size_t n = json_array_size(from);
    char *values = arena_array(c->arena, n, ELEMENT_BYTES);
    if (!values)
        return too_large(c);
    for (size_t i = 0; i < n; i++)
        if (read_value(c, f, json_array_get(from, i), values + i * ELEMENT_BYTES) < 0)
            return -EBADMSG;
    *ret_n = n;
    return store_pointer(ret, values);
}

/* null leaves the field at its default; a double becomes NaN, which means unknown. */
static int read_field(struct pb_check *c, const ProtobufCFieldDescriptor *f,
                      const json_t *from, char *message)
{
    void *field = message + f->offset, *n = message + f->quantifier_offset;
    if (!json_is_null(from))
        return f->label == PROTOBUF_C_LABEL_REPEATED ? read_array(c, f, from, field, n)
                                                     : read_value(c, f, from, field);
    if (f->type == PROTOBUF_C_TYPE_DOUBLE)
        *(double *)field = NAN;
    return 0;
}

static int read_message(struct pb_check *c, const char *name, const json_t *from,
                        const ProtobufCMessageDescriptor *d, ProtobufCMessage **ret)
{
    if (!json_is_object(from))
        return bad_member(c, name, "an object");
    ProtobufCMessage *m = arena_alloc(c->arena, d->sizeof_message);
    if (!m)
        return too_large(c);
    d->message_init(m);
    for (unsigned i = 0; i < d->n_fields; i++) {
        const json_t *value = json_object_get(from, d->fields[i].name);
        if (value && read_field(c, &d->fields[i], value, (char *)m) < 0)
            return -EBADMSG;
    }
    *ret = m;
    return 0;
}

static int read_ledger(struct pb_check *c, const json_t *from, struct ledger_view *ret)
{
    ProtobufCMessage *m;
    struct ledger_view ledger;
    if (read_message(c, "ledger", from, &pb__ledger__descriptor, &m) < 0)
        return -EBADMSG;
    if (view_ledger(c, (const Pb__Ledger *)m, &ledger) < 0)
        return -ERANGE;
    if (!ledger.job)
        return BAD(c, "no job in this ledger");
    *ret = ledger;
    return 0;
}

/* jansson's error quotes the input, so it is escaped. */
static int bad_json(struct pb_check *c, const json_error_t *error)
{
    char sentence[4 * JSON_ERROR_TEXT_LENGTH];
    return BAD(c, "at byte %d: %s", error->position,
               format_escape_str(sentence, sizeof(sentence), error->text));
}

int json_read_ledger(const char *text, size_t bytes, struct arena *arena,
                     struct ledger_view *ret, const char **ret_why)
{
    struct pb_check c = {.arena = arena};
    json_error_t error;
    int e;
    arena_reset(arena);
    if (bytes > JSON_LEDGER_BYTES_MAX) {
        e = too_large(&c);
    } else {
        /* NUL bytes are allowed here: the check of the field refuses them by name. */
        json_t *json =
            json_loadb(text, bytes, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
        e = json ? read_ledger(&c, json, ret) : bad_json(&c, &error);
        json_decref(json);
    }
    if (e < 0)
        *ret_why = c.why ? c.why : "too large for a ledger";
    return e;
}
