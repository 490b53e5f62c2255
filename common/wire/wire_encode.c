// SPDX-License-Identifier: MIT
/*
 * Encodes messages into frames.  The generated message borrows the arrays of the plain
 * one, so a batch is encoded without a copy or an allocation; only requests, replies
 * and texts with characters to replace use memory from the arena.  Pure.
 */
#include <assert.h>
#include <string.h>

#include "common/wire/wire.h"
#include "common/wire/wire_pb.h"

/* A frame and its body. */
struct pb_frame {
    Pb__Frame frame;
    union {
        Pb__Hello hello;
        Pb__Welcome welcome;
        Pb__Refusal refusal;
        Pb__Bye bye;
        Pb__Heartbeat heartbeat;
        Pb__Resume resume;
        Pb__Grants grants;
        Pb__Results results;
        Pb__Answers answers;
        Pb__Cancel cancel;
        Pb__GiveBack give_back;
        Pb__Drain drain;
        Pb__Request request;
        Pb__Reply reply;
    };
};

/* The generated structs have no const, but packing writes nothing. */
static uint64_t *u64s(const uint64_t *p)
{
    return (uint64_t *)p;
}

static uint32_t *u32s(const uint32_t *p)
{
    return (uint32_t *)p;
}

static ProtobufCBinaryData bytes_of(const uint8_t *p, size_t n)
{
    return (ProtobufCBinaryData){.len = n, .data = (uint8_t *)p};
}

static void put_hello(struct arena *a, const struct msg_hello *m, Pb__Hello *ret)
{
    pb__hello__init(ret);
    ret->protocol_min = m->protocol_min;
    ret->protocol_max = m->protocol_max;
    ret->program = pb_text(a, m->program, HELLO_TEXT_BYTES);
    ret->version = pb_text(a, m->version, HELLO_TEXT_BYTES);
    ret->role = (Pb__Role)m->role;
    assert(m->proof_bytes <= PROOF_BYTES);
    ret->proof = bytes_of(m->proof, m->proof_bytes);
    if (m->role != ROLE_WORKER)
        return;
    ret->name = pb_text(a, m->name, NAME_BYTES);
    ret->secret = bytes_of(m->secret, UID_BYTES);
    ret->threads = m->threads;
    ret->kernel = pb_text(a, m->kernel, HELLO_TEXT_BYTES);
    ret->test_hits = m->test_hits;
    assert(m->n_offers <= PROGRAMS_MAX);
    ret->n_offer = ret->n_offer_test = ret->n_offer_rate = m->n_offers;
    ret->offer = (char **)m->offer;
    ret->offer_test = u64s(m->offer_test);
    ret->offer_rate = (double *)m->offer_rate;
}

static void put_welcome(struct arena *a, const struct msg_welcome *m, Pb__Welcome *ret)
{
    pb__welcome__init(ret);
    ret->protocol = m->protocol;
    ret->version = pb_text(a, m->version, TEXT_BYTES);
    ret->heartbeat_ms = m->heartbeat_ms;
    ret->silent_ms = m->silent_ms;
    ret->worker = m->worker;
    ret->name = pb_text(a, m->name, NAME_BYTES);
}

static void put_refusal(struct arena *a, const struct msg_refusal *m, Pb__Refusal *ret)
{
    pb__refusal__init(ret);
    ret->code = (Pb__RefusalCode)m->code;
    ret->sentence = pb_text(a, m->sentence, TEXT_BYTES);
    ret->hint = pb_text(a, m->hint, TEXT_BYTES);
    ret->protocol_min = m->protocol_min;
    ret->protocol_max = m->protocol_max;
}

static void put_heartbeat(const struct msg_heartbeat *m, Pb__Heartbeat *ret)
{
    assert(m->n <= HEARTBEAT_MAX);
    pb__heartbeat__init(ret);
    ret->n_grant = ret->n_lease = m->n;
    ret->grant = u64s(m->grant);
    ret->lease = u32s(m->lease);
}

static void put_failures(struct arena *a, const struct msg_resume *m, Pb__Resume *ret)
{
    assert(m->n_failed <= PROGRAMS_MAX && m->n == 0);
    ret->n_failed = ret->n_failed_why = ret->n_failed_stderr = m->n_failed;
    ret->failed = (char **)m->failed;
    ret->failed_why = pb_take(a, m->n_failed, sizeof(char *));
    ret->failed_stderr = pb_take(a, m->n_failed, sizeof(char *));
    for (size_t i = 0; i < m->n_failed; i++) {
        ret->failed_why[i] = pb_text(a, m->failed_why[i], TEXT_BYTES);
        ret->failed_stderr[i] = pb_lines(a, m->failed_stderr[i], STDERR_BYTES);
    }
}

static void put_resume(struct arena *a, const struct msg_resume *m, Pb__Resume *ret)
{
    assert(m->n <= RESUME_MAX);
    pb__resume__init(ret);
    ret->job = bytes_of(m->job, m->n * UID_BYTES);
    ret->n_grant = ret->n_thread = ret->n_first = ret->n_count = m->n;
    ret->n_lease_log2 = ret->n_computing = ret->n_unanswered = m->n;
    ret->grant = u64s(m->grant);
    ret->thread = u32s(m->thread);
    ret->first = u64s(m->first);
    ret->count = u64s(m->count);
    ret->lease_log2 = u32s(m->lease_log2);
    ret->token = bytes_of(m->token, m->n * TOKEN_BYTES);
    ret->computing = u64s(m->computing);
    ret->unanswered = u64s(m->unanswered);
    ret->last = m->last;
    if (m->n_failed > 0)
        put_failures(a, m, ret);
}

static void put_grants(struct arena *a, const struct msg_grants *m, Pb__Grants *ret)
{
    assert(m->n >= 1 && m->n <= GRANTS_MAX);
    pb__grants__init(ret);
    ret->job = bytes_of(m->job, UID_BYTES);
    ret->seed = m->seed;
    ret->n_grant = ret->n_thread = ret->n_first = ret->n_count = m->n;
    ret->n_lease_log2 = m->n;
    ret->grant = u64s(m->grant);
    ret->thread = u32s(m->thread);
    ret->first = u64s(m->first);
    ret->count = u64s(m->count);
    ret->lease_log2 = u32s(m->lease_log2);
    ret->token = bytes_of(m->token, m->n * TOKEN_BYTES);
    ret->program = pb_text(a, m->program, NAME_BYTES);
    ret->arg = pb_text(a, m->arg, ARG_BYTES);
    ret->score = m->score;
}

static void put_results(const struct msg_results *m, Pb__Results *ret)
{
    assert(m->n >= 1 && m->n <= RESULTS_GRANTS_MAX);
    assert(m->n_hits <= RESULTS_HITS_MAX && m->n_pieces <= RESULTS_PIECES_MAX);
    pb__results__init(ret);
    ret->n_grant = ret->n_leases = ret->n_rate = m->n;
    ret->grant = u64s(m->grant);
    ret->leases = u64s(m->leases);
    ret->rate = u64s(m->rate);
    ret->n_hits = m->n_hits;
    ret->hits = u64s(m->hits);
    ret->n_pieces = m->n_pieces;
    ret->pieces = u64s(m->pieces);
    ret->n_group_pieces = m->n;
    ret->group_pieces = u32s(m->group_pieces);
}

static void put_answers(const struct msg_answers *m, Pb__Answers *ret)
{
    assert(m->n >= 1 && m->n <= ANSWERS_MAX);
    pb__answers__init(ret);
    ret->n_grant = ret->n_counted = ret->n_covered = m->n;
    ret->n_dropped = ret->n_stale = m->n;
    ret->grant = u64s(m->grant);
    ret->counted = u64s(m->counted);
    ret->covered = u64s(m->covered);
    ret->dropped = u64s(m->dropped);
    ret->stale = u64s(m->stale);
}

static void put_cancel(const struct msg_leases *m, Pb__Cancel *ret)
{
    assert(m->n >= 1 && m->n <= CANCEL_MAX);
    pb__cancel__init(ret);
    ret->n_grant = ret->n_leases = m->n;
    ret->grant = u64s(m->grant);
    ret->leases = u64s(m->leases);
}

static void put_give_back(const struct msg_leases *m, Pb__GiveBack *ret)
{
    assert(m->n >= 1 && m->n <= CANCEL_MAX);
    pb__give_back__init(ret);
    ret->n_grant = ret->n_leases = m->n;
    ret->grant = u64s(m->grant);
    ret->leases = u64s(m->leases);
}

/* ret->frame points into ret. */
static void put_frame(struct arena *a, const struct msg *m, struct pb_frame *ret)
{
    pb__frame__init(&ret->frame);
    ret->frame.body_case = pb_body_case[m->type];
    ret->frame.hello = &ret->hello; /* all bodies share this address */
    switch (m->type) {
    case MSG_HELLO:
        put_hello(a, &m->hello, &ret->hello);
        return;
    case MSG_WELCOME:
        put_welcome(a, &m->welcome, &ret->welcome);
        return;
    case MSG_REFUSAL:
        put_refusal(a, &m->refusal, &ret->refusal);
        return;
    case MSG_BYE:
        pb__bye__init(&ret->bye);
        ret->bye.reason = pb_text(a, m->bye.reason, TEXT_BYTES);
        return;
    case MSG_HEARTBEAT:
        put_heartbeat(&m->heartbeat, &ret->heartbeat);
        return;
    case MSG_RESUME:
        put_resume(a, &m->resume, &ret->resume);
        return;
    case MSG_GRANTS:
        put_grants(a, &m->grants, &ret->grants);
        return;
    case MSG_RESULTS:
        put_results(&m->results, &ret->results);
        return;
    case MSG_ANSWERS:
        put_answers(&m->answers, &ret->answers);
        return;
    case MSG_CANCEL:
        put_cancel(&m->leases, &ret->cancel);
        return;
    case MSG_GIVE_BACK:
        put_give_back(&m->leases, &ret->give_back);
        return;
    case MSG_DRAIN:
        pb__drain__init(&ret->drain);
        ret->drain.reason = pb_text(a, m->bye.reason, TEXT_BYTES);
        return;
    case MSG_REQUEST:
        pb_request(a, &m->request, &ret->request);
        return;
    case MSG_REPLY:
        pb_reply(a, &m->reply, &ret->reply);
        return;
    }
    assert(false && "a message of a known type");
}

size_t wire_size(const struct msg *m)
{
    struct arena scratch;
    arena_init(&scratch, 0);
    struct pb_frame f;
    put_frame(&scratch, m, &f);
    size_t body = protobuf_c_message_get_packed_size(&f.frame.base);
    arena_release(&scratch);
    return FRAME_HEADER_BYTES + body;
}

size_t wire_encode(const struct msg *m, struct arena *scratch, uint8_t *out,
                   size_t capacity)
{
    arena_reset(scratch);
    struct pb_frame f;
    put_frame(scratch, m, &f);
    size_t body = protobuf_c_message_get_packed_size(&f.frame.base);
    assert(body >= 1 && body <= FRAME_BODY_MAX &&
           FRAME_HEADER_BYTES + body <= capacity);
    out[0] = 0;
    out[1] = 0;
    out[2] = (uint8_t)(body >> 8);
    out[3] = (uint8_t)body;
    size_t packed = protobuf_c_message_pack(&f.frame.base, out + FRAME_HEADER_BYTES);
    assert(packed == body);
    return FRAME_HEADER_BYTES + body;
}
