// SPDX-License-Identifier: MIT
/*
 * JSON to a message, by the same descriptors that print it.  Only a member that the
 * message has is stored, so nesting is bounded by the schema; what is skipped is
 * walked with a stack of bits, not by recursion.  Pure.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/wire/json.h"
#include "common/wire/wire_pb.h"

enum {
    SKIP_DEPTH_MAX = 64, /* bits of a mask */
    NUMBER_BYTES = 64,   /* longest number with a fraction; %.17g needs 24 */
    ELEMENT_BYTES = 8,   /* every element of an array: a number or a pointer */
};

static_assert(sizeof(void *) <= ELEMENT_BYTES, "an array has room for pointers");

struct reader {
    struct pb_check check;
    const char *text, *at, *end;
};

/* `expected` names what should stand here. */
static int fail(struct reader *r, const char *expected)
{
    return BAD(&r->check, "at byte %zu: expected %s", (size_t)(r->at - r->text),
               expected);
}

static void skip_space(struct reader *r)
{
    while (r->at < r->end && memchr(" \t\r\n", *r->at, 4))
        r->at++;
}

/* Takes the character if it comes next. */
static bool take(struct reader *r, char c)
{
    skip_space(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static int expect(struct reader *r, char c, const char *name)
{
    return take(r, c) ? 0 : fail(r, name);
}

static bool take_word(struct reader *r, const char *word)
{
    size_t n = strlen(word);
    skip_space(r);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
        return false;
    r->at += n;
    return true;
}

static bool is_digit(const struct reader *r)
{
    return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

static bool skip_digits(struct reader *r)
{
    const char *from = r->at;
    while (is_digit(r))
        r->at++;
    return r->at > from;
}

/* -12.5e-3 as JSON has it: no leading zeros or '+', digits on both sides of a point. */
static bool skip_number(struct reader *r)
{
    take(r, '-');
    bool ok = r->at < r->end && *r->at == '0' ? (r->at++, true) : skip_digits(r);
    if (ok && r->at < r->end && *r->at == '.') {
        r->at++;
        ok = skip_digits(r);
    }
    if (ok && r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
            r->at++;
        ok = skip_digits(r);
    }
    return ok;
}

static int hex4(struct reader *r, unsigned *ret)
{
    *ret = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        const char *digits = "0123456789abcdefABCDEF";
        const char *d = r->at < r->end && *r->at ? strchr(digits, *r->at) : NULL;
        if (!d)
            return fail(r, "four digits of hexadecimal");
        unsigned value = (unsigned)(d - digits);
        *ret = *ret << 4 | (value < 16 ? value : value - 6);
    }
    return 0;
}

/* What follows a backslash.  A character beyond ASCII becomes one that no field of
 * ours may have. */
static int read_escape(struct reader *r, char *ret)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char *name = r->at < r->end && *r->at ? strchr(names, *r->at) : NULL;
    if (name) {
        r->at++;
        *ret = values[name - names];
        return 0;
    }
    if (r->at == r->end || *r->at != 'u')
        return fail(r, "an escape of JSON");
    r->at++;
    unsigned code;
    int e = hex4(r, &code);
    *ret = code < 0x80 ? (char)code : '\x7f';
    return e;
}

/* A whole string; its characters go to `out` unless that is NULL, *ret_n of them. */
static int walk_string(struct reader *r, char *out, size_t *ret_n)
{
    if (expect(r, '"', "a string") < 0)
        return -EBADMSG;
    size_t n = 0;
    for (;; n++) {
        if (r->at == r->end || (unsigned char)*r->at < 0x20)
            return fail(r, "the end of a string");
        char c = *r->at++;
        if (c == '"')
            break;
        if (c == '\\' && read_escape(r, &c) < 0)
            return -EBADMSG;
        if (out)
            out[n] = c;
    }
    *ret_n = n;
    return 0;
}

static int too_large(struct reader *r)
{
    return BAD(&r->check, "too large for a ledger");
}

static int read_string(struct reader *r, char **ret)
{
    const char *from = r->at;
    size_t n;
    if (walk_string(r, NULL, &n) < 0)
        return -EBADMSG;
    char *s = pb_alloc(r->check.arena, n + 1);
    if (!s)
        return too_large(r);
    r->at = from;
    int e = walk_string(r, s, &n);
    s[n] = '\0';
    *ret = s;
    return e;
}

/* ---- what is skipped ---- */

static int skip_scalar(struct reader *r)
{
    size_t n;
    if (take_word(r, "true") || take_word(r, "false") || take_word(r, "null"))
        return 0;
    if (r->at < r->end && *r->at == '"')
        return walk_string(r, NULL, &n);
    return skip_number(r) ? 0 : fail(r, "a value");
}

static int skip_key(struct reader *r)
{
    size_t n;
    if (walk_string(r, NULL, &n) < 0)
        return -EBADMSG;
    return expect(r, ':', "a ':'");
}

/* Bit 0 of `objects` is the innermost bracket: 1 a '{', 0 a '['. */
static int skip_value(struct reader *r)
{
    uint64_t objects = 0;
    unsigned depth = 0;
    do {
        bool object = take(r, '{');
        if (object || take(r, '[')) {
            if (++depth > SKIP_DEPTH_MAX)
                return fail(r, "no deeper nesting");
            objects = objects << 1 | object;
            if (!take(r, object ? '}' : ']')) {
                if (object && skip_key(r) < 0)
                    return -EBADMSG;
                continue; /* its first value */
            }
            depth--;
            objects >>= 1;
        } else if (skip_scalar(r) < 0) {
            return -EBADMSG;
        }
        while (depth > 0 && !take(r, ',')) {
            if (expect(r, objects & 1 ? '}' : ']', "a ',' or a closing bracket") < 0)
                return -EBADMSG;
            depth--;
            objects >>= 1;
        }
        if (depth > 0 && (objects & 1) && skip_key(r) < 0)
            return -EBADMSG;
    } while (depth > 0);
    return 0;
}

/* ---- what is kept ---- */

static int read_message(struct reader *r, const ProtobufCMessageDescriptor *d,
                        ProtobufCMessage **ret);

/* Fields hold pointers of many types. */
static int store_pointer(void *field, const void *p)
{
    memcpy(field, &p, sizeof(p));
    return 0;
}

/* An exact integer up to max, in quotes or not. */
static int read_integer(struct reader *r, uint64_t max, uint64_t *ret)
{
    bool quoted = take(r, '"');
    uint64_t value = 0;
    if (!is_digit(r) ||
        (*r->at == '0' && r->end - r->at > 1 && r->at[1] >= '0' && r->at[1] <= '9'))
        return fail(r, "a whole number");
    for (; is_digit(r); r->at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*r->at - '0'), &value) ||
            value > max)
            return fail(r, "a smaller number");
    if (quoted) {
        if (r->at == r->end || *r->at != '"')
            return fail(r, "the end of a number");
        r->at++;
    }
    *ret = value;
    return 0;
}

static int read_double(struct reader *r, double *ret)
{
    skip_space(r);
    const char *from = r->at;
    if (!skip_number(r))
        return fail(r, "a number");
    char text[NUMBER_BYTES];
    size_t n = (size_t)(r->at - from);
    if (n >= sizeof(text))
        return fail(r, "a shorter number");
    memcpy(text, from, n);
    text[n] = '\0';
    *ret = strtod(text, NULL);
    return 0;
}

static int read_value(struct reader *r, const ProtobufCFieldDescriptor *f, void *ret)
{
    uint64_t integer;
    char *text;
    ProtobufCMessage *inner;
    switch (f->type) {
    case PROTOBUF_C_TYPE_UINT32:
        if (read_integer(r, UINT32_MAX, &integer) < 0)
            return -EBADMSG;
        *(uint32_t *)ret = (uint32_t)integer;
        return 0;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return read_integer(r, UINT64_MAX, ret);
    case PROTOBUF_C_TYPE_DOUBLE:
        return read_double(r, ret);
    case PROTOBUF_C_TYPE_STRING:
        return read_string(r, &text) < 0 ? -EBADMSG : store_pointer(ret, text);
    case PROTOBUF_C_TYPE_MESSAGE:
        return read_message(r, f->descriptor, &inner) < 0 ? -EBADMSG
                                                          : store_pointer(ret, inner);
    default: /* protobuf's enum, not ours: a ledger has nothing else */
        abort();
    }
}

static int read_array(struct reader *r, const ProtobufCFieldDescriptor *f, void *ret,
                      size_t *ret_n)
{
    assert(f->type != PROTOBUF_C_TYPE_UINT32); /* would be packed more tightly */
    size_t n = 0, room = 0;
    char *values = NULL;
    if (expect(r, '[', "a '['") < 0)
        return -EBADMSG;
    if (!take(r, ']')) {
        do {
            if (n == room) {
                room = room ? 2 * room : 64;
                char *more = arena_array(r->check.arena, room, ELEMENT_BYTES);
                if (!more)
                    return too_large(r);
                if (n > 0)
                    memcpy(more, values, n * ELEMENT_BYTES);
                values = more;
            }
            if (read_value(r, f, values + n * ELEMENT_BYTES) < 0)
                return -EBADMSG;
            n++;
        } while (take(r, ','));
        if (expect(r, ']', "a ',' or a ']'") < 0)
            return -EBADMSG;
    }
    *ret_n = n;
    return store_pointer(ret, values);
}

/* null is the value that is not there; of a double, the one that is not known. */
static int read_field(struct reader *r, const ProtobufCFieldDescriptor *f,
                      char *message)
{
    void *field = message + f->offset;
    if (take_word(r, "null")) {
        if (f->type == PROTOBUF_C_TYPE_DOUBLE)
            *(double *)field = NAN;
        return 0;
    }
    if (f->label != PROTOBUF_C_LABEL_REPEATED)
        return read_value(r, f, field);
    void *n = message + f->quantifier_offset;
    return read_array(r, f, field, n);
}

static int read_member(struct reader *r, ProtobufCMessage *m, uint64_t *seen)
{
    char *key;
    if (read_string(r, &key) < 0 || expect(r, ':', "a ':'") < 0)
        return -EBADMSG;
    const ProtobufCFieldDescriptor *f =
        protobuf_c_message_descriptor_get_field_by_name(m->descriptor, key);
    if (!f)
        return skip_value(r);
    uint64_t bit = UINT64_C(1) << (f - m->descriptor->fields);
    if (*seen & bit)
        return BAD(&r->check, "\"%s\" stands twice in one object", f->name);
    *seen |= bit;
    return read_field(r, f, (char *)m);
}

static int read_message(struct reader *r, const ProtobufCMessageDescriptor *d,
                        ProtobufCMessage **ret)
{
    assert(d->n_fields <= 64); /* bits of `seen` */
    ProtobufCMessage *m = arena_alloc(r->check.arena, d->sizeof_message);
    if (!m)
        return too_large(r);
    d->message_init(m);
    uint64_t seen = 0;
    if (expect(r, '{', "a '{'") < 0)
        return -EBADMSG;
    if (!take(r, '}')) {
        do {
            if (read_member(r, m, &seen) < 0)
                return -EBADMSG;
        } while (take(r, ','));
        if (expect(r, '}', "a ',' or a '}'") < 0)
            return -EBADMSG;
    }
    *ret = m;
    return 0;
}

static int read_ledger(struct reader *r, struct ledger_view *ret)
{
    ProtobufCMessage *m;
    struct ledger_view ledger;
    if (read_message(r, &pb__ledger__descriptor, &m) < 0)
        return -EBADMSG;
    skip_space(r);
    if (r->at < r->end)
        return fail(r, "nothing more");
    if (view_ledger(&r->check, (const Pb__Ledger *)m, &ledger) < 0)
        return -EBADMSG;
    if (!ledger.job)
        return BAD(&r->check, "no job in this ledger");
    *ret = ledger;
    return 0;
}

int json_read_ledger(const char *text, size_t bytes, struct arena *arena,
                     struct ledger_view *ret, const char **ret_why)
{
    arena_reset(arena);
    struct reader r = {
        .check.arena = arena, .text = text, .at = text, .end = text + bytes};
    int e = read_ledger(&r, ret);
    if (e < 0)
        *ret_why = r.check.why ? r.check.why : "too large for a ledger";
    return e;
}
