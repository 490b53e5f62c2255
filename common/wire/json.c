// SPDX-License-Identifier: MIT
/*
 * One walk over the descriptors that protobuf-c generates prints every message, so
 * JSON and the wire have one schema and cannot drift apart.
 */
#include "common/wire/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/format.h"
#include "common/wire/wire_pb.h"

static void print_message(FILE *out, const ProtobufCMessage *m);

/* The texts of views are printable ASCII: pb_text() saw to it. */
void json_text(FILE *out, const char *text)
{
    putc('"', out);
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\')
            putc('\\', out);
        putc(*p, out);
    }
    putc('"', out);
}

static void print_double(FILE *out, double value)
{
    char text[FORMAT_MAX];
    fputs(isfinite(value) ? format_shortest(text, sizeof(text), value) : "null", out);
}

/* A pointer of whatever type stands there. */
static const void *pointer_at(const void *field)
{
    const void *p;
    memcpy(&p, field, sizeof(p));
    return p;
}

static size_t element_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_UINT32:
        return sizeof(uint32_t);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return sizeof(uint64_t);
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(double);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    default: /* protobuf's enum, not ours: views have nothing else */
        abort();
    }
}

static void print_value(FILE *out, ProtobufCType type, const void *value)
{
    switch (type) {
    case PROTOBUF_C_TYPE_UINT32:
        fprintf(out, "%" PRIu32, *(const uint32_t *)value);
        return;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        fprintf(out, "\"%" PRIu64 "\"", *(const uint64_t *)value);
        return;
    case PROTOBUF_C_TYPE_DOUBLE:
        print_double(out, *(const double *)value);
        return;
    case PROTOBUF_C_TYPE_STRING:
        json_text(out, pointer_at(value));
        return;
    case PROTOBUF_C_TYPE_MESSAGE:
        print_message(out, pointer_at(value));
        return;
    default:
        abort();
    }
}

static void print_array(FILE *out, ProtobufCType type, const char *values, size_t n)
{
    putc('[', out);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            putc(',', out);
        print_value(out, type, values + i * element_size(type));
    }
    putc(']', out);
}

static void print_message(FILE *out, const ProtobufCMessage *m)
{
    if (!m) {
        fputs("null", out);
        return;
    }
    const char *base = (const char *)m;
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        assert(!(f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF));
        fprintf(out, "%c\"%s\":", i == 0 ? '{' : ',', f->name);
        const void *value = base + f->offset;
        if (f->label == PROTOBUF_C_LABEL_REPEATED)
            print_array(out, f->type, pointer_at(value),
                        *(const size_t *)(const void *)(base + f->quantifier_offset));
        else
            print_value(out, f->type, value);
    }
    putc('}', out);
}

static void print_line(FILE *out, const ProtobufCMessage *m)
{
    print_message(out, m);
    putc('\n', out);
}

void json_job(FILE *out, const struct job_view *job)
{
    struct arena a;
    arena_init(&a, 0);
    Pb__Job pb;
    pb_job(&a, job, &pb);
    print_line(out, &pb.base);
    arena_release(&a);
}

void json_status(FILE *out, const struct status_view *status)
{
    struct arena a;
    arena_init(&a, 0);
    Pb__Status pb;
    pb_status(&a, status, &pb);
    print_line(out, &pb.base);
    arena_release(&a);
}

void json_jobs(FILE *out, const struct job_view *jobs, size_t n)
{
    struct arena a;
    arena_init(&a, 0);
    Pb__Jobs pb;
    pb_jobs(&a, jobs, n, &pb);
    print_line(out, &pb.base);
    arena_release(&a);
}

void json_workers(FILE *out, const struct worker_view *workers, size_t n)
{
    struct arena a;
    arena_init(&a, 0);
    Pb__Workers pb;
    pb_workers(&a, workers, n, &pb);
    print_line(out, &pb.base);
    arena_release(&a);
}

void json_history(FILE *out, const struct answer_view *answers, size_t n)
{
    struct arena a;
    arena_init(&a, 0);
    Pb__History pb;
    pb_history(&a, answers, n, &pb);
    print_line(out, &pb.base);
    arena_release(&a);
}

void json_ledger(FILE *out, const struct ledger_view *ledger)
{
    struct arena a;
    arena_init(&a, 0);
    Pb__Ledger pb;
    pb_ledger(&a, ledger, &pb);
    print_line(out, &pb.base);
    arena_release(&a);
}
