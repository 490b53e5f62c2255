// SPDX-License-Identifier: MIT
/*
 * Messages are written by a walk over the descriptors that protobuf-c generates, so
 * JSON and the wire share one schema and cannot differ.
 */
#include "common/wire/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/format.h"
#include "common/base/json_writer.h"
#include "common/wire/wire_pb.h"

static void put_message(struct json_writer *w, const char *name,
                        const ProtobufCMessage *m);

/* Reads a field that is a pointer of any type. */
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
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return sizeof(uint64_t);
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(double);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    default: /* views have no fields of other types */
        abort();
    }
}

static void put_value(struct json_writer *w, const char *name, ProtobufCType type,
                      const void *value)
{
    switch (type) {
    case PROTOBUF_C_TYPE_UINT32:
        json_put_number(w, name, "%" PRIu32, *(const uint32_t *)value);
        return;
    case PROTOBUF_C_TYPE_BOOL:
        json_put_bool(w, name, *(const protobuf_c_boolean *)value);
        return;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        json_put_u64(w, name, *(const uint64_t *)value);
        return;
    case PROTOBUF_C_TYPE_DOUBLE:
        json_put_double(w, name, *(const double *)value);
        return;
    case PROTOBUF_C_TYPE_STRING:
        json_put_text(w, name, pointer_at(value));
        return;
    case PROTOBUF_C_TYPE_MESSAGE:
        put_message(w, name, pointer_at(value));
        return;
    default:
        abort();
    }
}

static void put_array(struct json_writer *w, const char *name, ProtobufCType type,
                      const char *values, size_t n)
{
    json_begin_array(w, name);
    for (size_t i = 0; i < n; i++)
        put_value(w, NULL, type, values + i * element_size(type));
    json_end(w);
}

/* Which fields are Unix time: the others that end in _ms say how long. */
static bool is_time(const ProtobufCFieldDescriptor *f)
{
    static const char *const times[] = {"time_ms",  "submitted_ms", "started_ms",
                                        "ended_ms", "joined_ms",    "seen_ms"};
    for (size_t i = 0; i < ARRAY_SIZE(times); i++)
        if (strcmp(f->name, times[i]) == 0)
            return true;
    return false;
}

static void put_members(struct json_writer *w, const ProtobufCMessage *m)
{
    const char *base = (const char *)m;
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        assert(!(f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF));
        const void *value = base + f->offset;
        if (f->label == PROTOBUF_C_LABEL_REPEATED)
            put_array(w, f->name, f->type, pointer_at(value),
                      *(const size_t *)(const void *)(base + f->quantifier_offset));
        else if (is_time(f))
            json_put_time(w, f->name, *(const uint64_t *)value);
        else
            put_value(w, f->name, f->type, value);
    }
}

static void put_message(struct json_writer *w, const char *name,
                        const ProtobufCMessage *m)
{
    if (!m) {
        json_put_null(w, name);
        return;
    }
    json_begin_object(w, name);
    put_members(w, m);
    json_end(w);
}

static void write_line(FILE *out, const ProtobufCMessage *m)
{
    struct json_writer w = json_to_stream(out);
    json_begin_object(&w, NULL);
    put_members(&w, m);
    json_end_line(&w);
}

void json_job(FILE *out, const struct job_view *job)
{
    struct arena a;
    arena_init(&a, 0);
    Pb__Job pb;
    pb_job(&a, job, &pb);
    write_line(out, &pb.base);
    arena_release(&a);
}

void json_status(FILE *out, const struct status_view *status)
{
    struct arena a;
    arena_init(&a, 0);
    Pb__Status pb;
    pb_status(&a, status, &pb);
    write_line(out, &pb.base);
    arena_release(&a);
}

/* A time by its name in JSON: "time" of time_ms. */
static const ProtobufCFieldDescriptor *
time_of(const ProtobufCMessageDescriptor *message, const char *name)
{
    size_t n = strlen(name);
    for (unsigned i = 0; i < message->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &message->fields[i];
        if (is_time(f) && strncmp(f->name, name, n) == 0 &&
            strcmp(f->name + n, "_ms") == 0)
            return f;
    }
    return NULL;
}

static const ProtobufCFieldDescriptor *
field_of(const ProtobufCMessageDescriptor *message, const char *owner, const char *name)
{
    size_t n = strlen(owner);
    if (strncmp(name, owner, n) == 0 && name[n] == '.')
        name += n + 1;
    const ProtobufCFieldDescriptor *f =
        protobuf_c_message_descriptor_get_field_by_name(message, name);
    if (!f)
        return time_of(message, name);
    return f->type != PROTOBUF_C_TYPE_MESSAGE ? f : NULL;
}

static const ProtobufCFieldDescriptor *find_field(const char *name, bool *ret_of_job)
{
    const ProtobufCFieldDescriptor *f = field_of(&pb__job__descriptor, "job", name);
    *ret_of_job = f != NULL;
    return f ? f : field_of(&pb__status__descriptor, "coordinator", name);
}

bool json_status_has_field(const char *field)
{
    bool of_job;
    return find_field(field, &of_job) != NULL;
}

static void write_time(FILE *out, uint64_t ms)
{
    char text[FORMAT_MAX];
    bool known = ms > 0 && ms < FORMAT_TIME_END;
    fputs(known ? format_time(text, sizeof(text), (int64_t)ms) : "null", out);
}

/* A time is text where its name is. */
static void write_field(FILE *out, const ProtobufCFieldDescriptor *f, const char *name,
                        const ProtobufCMessage *m)
{
    struct json_writer w = json_to_stream(out);
    const void *value = m ? (const char *)m + f->offset : NULL;
    if (m && is_time(f) && !strstr(name, "_ms"))
        write_time(out, *(const uint64_t *)value);
    else if (!m)
        json_put_null(&w, NULL);
    else if (f->type == PROTOBUF_C_TYPE_STRING)
        fputs(pointer_at(value), out);
    else if (f->type == PROTOBUF_C_TYPE_BOOL)
        json_put_bool(&w, NULL, *(const protobuf_c_boolean *)value);
    else if (f->type == PROTOBUF_C_TYPE_UINT32)
        fprintf(out, "%" PRIu32, *(const uint32_t *)value);
    else if (f->type != PROTOBUF_C_TYPE_DOUBLE)
        fprintf(out, "%" PRIu64, *(const uint64_t *)value);
    else
        json_put_double(&w, NULL, *(const double *)value);
    putc('\n', out);
}

void json_status_field(FILE *out, const struct status_view *status, const char *field)
{
    bool of_job;
    const ProtobufCFieldDescriptor *f = find_field(field, &of_job);
    struct arena a;
    arena_init(&a, 0);
    Pb__Status pb;
    pb_status(&a, status, &pb);
    assert(f);
    write_field(out, f, field, !of_job ? &pb.base : pb.job ? &pb.job->base : NULL);
    arena_release(&a);
}

void json_jobs(FILE *out, const struct job_view *jobs, size_t n)
{
    struct arena a;
    arena_init(&a, 0);
    Pb__Jobs pb;
    pb_jobs(&a, jobs, n, &pb);
    write_line(out, &pb.base);
    arena_release(&a);
}

void json_event(FILE *out, const struct event_view *event)
{
    struct arena a;
    arena_init(&a, 0);
    Pb__Event pb;
    pb_event(&a, event, &pb);
    write_line(out, &pb.base);
    arena_release(&a);
}

/* What an operator has done to a worker is what has become of it. */
static void show_removed(Pb__Worker *w)
{
    if (w && *w->removed)
        w->state = w->removed;
}

void json_done(FILE *out, const struct worker_view *worker, const char *note)
{
    struct arena a;
    arena_init(&a, 0);
    Pb__Done pb;
    pb_done(&a, &(struct msg_reply){.done = {worker, note}}, &pb);
    show_removed(pb.worker);
    write_line(out, &pb.base);
    arena_release(&a);
}

void json_workers(FILE *out, const struct worker_view *workers, size_t n)
{
    struct arena a;
    arena_init(&a, 0);
    Pb__Workers pb;
    pb_workers(&a, workers, n, &pb);
    for (size_t i = 0; i < pb.n_workers; i++)
        show_removed(pb.workers[i]);
    write_line(out, &pb.base);
    arena_release(&a);
}

void json_history(FILE *out, const struct answer_view *answers, size_t n)
{
    struct arena a;
    arena_init(&a, 0);
    Pb__History pb;
    pb_history(&a, answers, n, &pb);
    write_line(out, &pb.base);
    arena_release(&a);
}

void json_ledger(FILE *out, const struct ledger_view *ledger)
{
    struct arena a;
    arena_init(&a, 0);
    Pb__Ledger pb;
    pb_ledger(&a, ledger, &pb);
    write_line(out, &pb.base);
    arena_release(&a);
}
