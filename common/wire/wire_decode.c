// SPDX-License-Identifier: MIT
/*
 * Decodes frame bodies into messages between workers and the coordinator.  Each take_*
 * function checks every field of its message and borrows the decoded arrays, so batches
 * are not copied.  Pure.
 */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/wire/wire.h"
#include "common/wire/wire_pb.h"

/* n must be 1 to max. */
static int check_count(struct pb_check *c, const char *what, size_t n, size_t max)
{
    if (n == 0)
        return BAD(c, "%s: empty", what);
    if (n > max)
        return BAD(c, "%s: %zu grants, at most %zu", what, n, max);
    return 0;
}

static int check_same(struct pb_check *c, const char *what, size_t grants, size_t n,
                      const char *field)
{
    if (n != grants)
        return BAD(c, "%s: %zu grants but %zu %s", what, grants, n, field);
    return 0;
}

static int check_bytes(struct pb_check *c, const char *what, const char *field,
                       const ProtobufCBinaryData *b, size_t bytes)
{
    if (b->len != bytes)
        return BAD(c, "%s: %s has %zu bytes, not %zu", what, field, b->len, bytes);
    return 0;
}

/* A set of leases must not be empty. */
static int check_masks(struct pb_check *c, const char *what, const uint64_t *masks,
                       size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (masks[i] == 0)
            return BAD(c, "%s: no lease in entry %zu", what, i);
    return 0;
}

static int check_geometry(struct pb_check *c, const char *what, uint32_t thread,
                          uint64_t first, uint64_t count, uint32_t log2)
{
    if (check_range(c, what, "thread", thread, 0, WORKER_THREADS_MAX - 1) < 0 ||
        check_range(c, what, "lease_log2", log2, LEASE_LOG2_MIN, LEASE_LOG2_MAX) < 0 ||
        check_range(c, what, "count", count, 1, TRIALS_MAX) < 0)
        return -EBADMSG;
    if (first > TRIALS_MAX - count)
        return BAD(c, "%s: trials beyond 2^62", what);
    uint32_t leases = grant_leases(first, count, log2);
    if (leases > GRANT_LEASES)
        return BAD(c, "%s: a grant of %" PRIu32 " leases, at most %d", what, leases,
                   GRANT_LEASES);
    return 0;
}

/* Sets *ret if the text is valid; otherwise leaves it as it is. */
static void keep_text(struct pb_check *c, const char *text, const char **ret)
{
    if (*text && check_text(c, "hello", "text", text, TEXT_BYTES) == 0)
        *ret = text;
}

static int take_offers(struct pb_check *c, const Pb__Hello *p, struct msg_hello *ret)
{
    size_t n = p->n_offer;
    if (p->n_offer_test != n || p->n_offer_rate != n)
        return BAD(c, "hello: %zu programs but %zu tests and %zu rates", n,
                   p->n_offer_test, p->n_offer_rate);
    if (check_range(c, "hello", "number of programs", n, 0, PROGRAMS_MAX) < 0)
        return -EBADMSG;
    for (size_t i = 0; i < n; i++) {
        if (check_program_name(c, "hello", p->offer[i]) < 0)
            return -EBADMSG;
        if (!isfinite(p->offer_rate[i]) || p->offer_rate[i] < 0)
            return BAD(c, "hello: the rate of a program is no number from 0");
        for (size_t j = 0; j < i; j++)
            if (strcmp(p->offer[i], p->offer[j]) == 0)
                return BAD(c, "hello: program %s twice", p->offer[i]);
    }
    ret->n_offers = n;
    ret->offer = (const char *const *)p->offer;
    ret->offer_test = p->offer_test;
    ret->offer_rate = p->offer_rate;
    return 0;
}

/* Of a peer with other protocols, only its range, program and version are read, so that
 * it is refused for its protocol and not for the form of its Hello. */
static int take_hello(struct pb_check *c, const Pb__Hello *p, struct msg_hello *ret)
{
    *ret = (struct msg_hello){.protocol_min = p->protocol_min,
                              .protocol_max = p->protocol_max,
                              .role = ROLE_WORKER,
                              .program = "peer",
                              .version = "(unknown)",
                              .name = "",
                              .kernel = ""};
    if (p->protocol_min < 1 || p->protocol_max < p->protocol_min)
        return BAD(c, "hello: protocols %" PRIu32 " to %" PRIu32 " are no range",
                   p->protocol_min, p->protocol_max);
    if (!protocols_meet(p->protocol_min, p->protocol_max)) {
        keep_text(c, p->program, &ret->program);
        keep_text(c, p->version, &ret->version);
        return 0;
    }
    if (p->role != PB__ROLE__ROLE_WORKER && p->role != PB__ROLE__ROLE_OPERATOR)
        return BAD(c, "hello: unknown role %d", (int)p->role);
    if (check_text(c, "hello", "program", p->program, TEXT_BYTES) < 0 ||
        check_text(c, "hello", "version", p->version, TEXT_BYTES) < 0 ||
        check_range(c, "hello", "length of proof", p->proof.len, 0, PROOF_BYTES) < 0)
        return -EBADMSG;
    ret->program = p->program;
    ret->version = p->version;
    ret->role = (enum role)p->role;
    ret->proof = p->proof.data;
    ret->proof_bytes = p->proof.len;
    if (ret->role == ROLE_OPERATOR)
        return 0;
    if (check_name(c, "hello", p->name, false) < 0 ||
        check_bytes(c, "hello", "secret", &p->secret, UID_BYTES) < 0 ||
        check_range(c, "hello", "threads", p->threads, 1, WORKER_THREADS_MAX) < 0 ||
        check_text(c, "hello", "kernel", p->kernel, TEXT_BYTES) < 0 ||
        take_offers(c, p, ret) < 0)
        return -EBADMSG;
    ret->name = p->name;
    memcpy(ret->secret, p->secret.data, UID_BYTES);
    ret->threads = p->threads;
    ret->kernel = p->kernel;
    ret->test_hits = p->test_hits;
    return 0;
}

/* A Welcome of another protocol is not read further; the caller closes for that
 * reason. */
static int take_welcome(struct pb_check *c, const Pb__Welcome *p,
                        struct msg_welcome *ret)
{
    *ret = (struct msg_welcome){.protocol = p->protocol, .version = "", .name = ""};
    if (!protocols_meet(p->protocol, p->protocol))
        return 0;
    if (check_text(c, "welcome", "version", p->version, TEXT_BYTES) < 0 ||
        check_range(c, "welcome", "heartbeat_ms", p->heartbeat_ms, 1, 3600000) < 0 ||
        check_range(c, "welcome", "silent_ms", p->silent_ms, p->heartbeat_ms, 3600000) <
            0 ||
        check_name(c, "welcome", p->name, true) < 0)
        return -EBADMSG;
    *ret = (struct msg_welcome){.protocol = p->protocol,
                                .version = p->version,
                                .heartbeat_ms = p->heartbeat_ms,
                                .silent_ms = p->silent_ms,
                                .worker = p->worker,
                                .name = p->name};
    return 0;
}

static int take_refusal(struct pb_check *c, const Pb__Refusal *p,
                        struct msg_refusal *ret)
{
    if (check_text(c, "refusal", "sentence", p->sentence, TEXT_BYTES) < 0 ||
        check_text(c, "refusal", "hint", p->hint, TEXT_BYTES) < 0)
        return -EBADMSG;
    bool known = p->code >= PB__REFUSAL_CODE__REFUSAL_PROTOCOL &&
                 p->code <= PB__REFUSAL_CODE__REFUSAL_KERNEL;
    *ret = (struct msg_refusal){.code = known ? (enum refusal_code)p->code : 0,
                                .sentence = p->sentence,
                                .hint = p->hint,
                                .protocol_min = p->protocol_min,
                                .protocol_max = p->protocol_max};
    return 0;
}

static int take_heartbeat(struct pb_check *c, const Pb__Heartbeat *p,
                          struct msg_heartbeat *ret)
{
    if (p->n_grant > 0 && check_count(c, "heartbeat", p->n_grant, HEARTBEAT_MAX) < 0)
        return -EBADMSG;
    if (check_same(c, "heartbeat", p->n_grant, p->n_lease, "leases") < 0)
        return -EBADMSG;
    for (size_t i = 0; i < p->n_lease; i++)
        if (check_range(c, "heartbeat", "lease", p->lease[i], 0, GRANT_LEASES - 1) < 0)
            return -EBADMSG;
    *ret = (struct msg_heartbeat){p->n_grant, p->grant, p->lease};
    return 0;
}

/* Entry i: some leases of a grant, each either to compute or computed. */
static int check_listed(struct pb_check *c, const Pb__Resume *p, size_t i)
{
    if (check_geometry(c, "resume", p->thread[i], p->first[i], p->count[i],
                       p->lease_log2[i]) < 0)
        return -EBADMSG;
    uint64_t all =
        leases_mask(grant_leases(p->first[i], p->count[i], p->lease_log2[i]));
    if ((p->computing[i] | p->unanswered[i]) == 0)
        return BAD(c, "resume: no lease in entry %zu", i);
    if ((p->computing[i] | p->unanswered[i]) & ~all)
        return BAD(c, "resume: a lease that its grant does not have");
    if (p->computing[i] & p->unanswered[i])
        return BAD(c, "resume: a lease both to compute and computed");
    return 0;
}

static int check_failures(struct pb_check *c, const Pb__Resume *p)
{
    if (check_range(c, "resume", "number of failed programs", p->n_failed, 0,
                    PROGRAMS_MAX) < 0)
        return -EBADMSG;
    if (p->n_failed > 0 && p->n_grant > 0)
        return BAD(c, "resume: grants and failed programs in one frame");
    if (p->n_failed_why != p->n_failed || p->n_failed_stderr != p->n_failed)
        return BAD(c, "resume: %zu failed programs but %zu reasons and %zu outputs",
                   p->n_failed, p->n_failed_why, p->n_failed_stderr);
    for (size_t i = 0; i < p->n_failed; i++)
        if (check_program_name(c, "resume", p->failed[i]) < 0 ||
            check_text(c, "resume", "failed_why", p->failed_why[i], TEXT_BYTES) < 0 ||
            check_lines(c, "resume", "failed_stderr", p->failed_stderr[i],
                        STDERR_BYTES) < 0)
            return -EBADMSG;
    return 0;
}

static int take_resume(struct pb_check *c, const Pb__Resume *p, struct msg_resume *ret)
{
    size_t n = p->n_grant;
    if ((n > 0 && check_count(c, "resume", n, RESUME_MAX) < 0) ||
        check_bytes(c, "resume", "job", &p->job, n * UID_BYTES) < 0 ||
        check_same(c, "resume", n, p->n_thread, "threads") < 0 ||
        check_same(c, "resume", n, p->n_first, "firsts") < 0 ||
        check_same(c, "resume", n, p->n_count, "counts") < 0 ||
        check_same(c, "resume", n, p->n_lease_log2, "lease sizes") < 0 ||
        check_bytes(c, "resume", "token", &p->token, n * TOKEN_BYTES) < 0 ||
        check_same(c, "resume", n, p->n_computing, "sets to compute") < 0 ||
        check_same(c, "resume", n, p->n_unanswered, "sets unanswered") < 0 ||
        check_failures(c, p) < 0)
        return -EBADMSG;
    for (size_t i = 0; i < n; i++)
        if (check_listed(c, p, i) < 0)
            return -EBADMSG;
    *ret = (struct msg_resume){.n = n,
                               .job = p->job.data,
                               .grant = p->grant,
                               .thread = p->thread,
                               .first = p->first,
                               .count = p->count,
                               .lease_log2 = p->lease_log2,
                               .token = p->token.data,
                               .computing = p->computing,
                               .unanswered = p->unanswered,
                               .last = p->last,
                               .n_failed = p->n_failed,
                               .failed = (const char *const *)p->failed,
                               .failed_why = (const char *const *)p->failed_why,
                               .failed_stderr = (const char *const *)p->failed_stderr};
    return 0;
}

static int take_grants(struct pb_check *c, const Pb__Grants *p, struct msg_grants *ret)
{
    size_t n = p->n_grant;
    if (check_count(c, "grants", n, GRANTS_MAX) < 0 ||
        check_bytes(c, "grants", "job", &p->job, UID_BYTES) < 0 ||
        check_same(c, "grants", n, p->n_thread, "threads") < 0 ||
        check_same(c, "grants", n, p->n_first, "firsts") < 0 ||
        check_same(c, "grants", n, p->n_count, "counts") < 0 ||
        check_same(c, "grants", n, p->n_lease_log2, "lease sizes") < 0 ||
        check_bytes(c, "grants", "token", &p->token, n * TOKEN_BYTES) < 0 ||
        check_program(c, "grants", p->program, p->arg, p->score) < 0)
        return -EBADMSG;
    for (size_t i = 0; i < n; i++)
        if (check_geometry(c, "grants", p->thread[i], p->first[i], p->count[i],
                           p->lease_log2[i]) < 0)
            return -EBADMSG;
        else if (*p->program &&
                 ((p->first[i] | p->count[i]) & ((UINT64_C(1) << UNIT_LOG2) - 1)))
            return BAD(c, "grants: a part of a program's trial");
    *ret = (struct msg_grants){.seed = p->seed,
                               .n = n,
                               .grant = p->grant,
                               .thread = p->thread,
                               .first = p->first,
                               .count = p->count,
                               .lease_log2 = p->lease_log2,
                               .token = p->token.data,
                               .program = p->program,
                               .arg = p->arg,
                               .score = p->score};
    memcpy(ret->job, p->job.data, UID_BYTES);
    return 0;
}

/* The largest of n values; without a branch in the loop for the common case. */
static uint64_t largest(const uint64_t *values, size_t n)
{
    uint64_t max = 0;
    for (size_t i = 0; i < n; i++)
        max = values[i] > max ? values[i] : max;
    return max;
}

/* Either no pieces at all, or for each grant as many as its leases may have. */
static int check_pieces(struct pb_check *c, const Pb__Results *p)
{
    if (p->n_pieces > RESULTS_PIECES_MAX)
        return BAD(c, "results: %zu pieces, at most %d", p->n_pieces,
                   RESULTS_PIECES_MAX);
    size_t sum = 0;
    for (size_t i = 0; i < p->n_grant; i++) {
        uint32_t pieces = p->group_pieces[i];
        uint32_t leases = (uint32_t)__builtin_popcountll(p->leases[i]);
        if (p->n_pieces > 0 && (pieces < leases || pieces > leases * LEASE_PIECES))
            return BAD(c, "results: %" PRIu32 " pieces of %" PRIu32 " leases", pieces,
                       leases);
        sum += pieces;
    }
    if (sum != p->n_pieces)
        return BAD(c, "results: %zu pieces but %zu in groups", p->n_pieces, sum);
    return check_range(c, "results", "pieces", largest(p->pieces, p->n_pieces), 0,
                       PIECE_TRIALS_MAX);
}

static int take_results(struct pb_check *c, const Pb__Results *p,
                        struct msg_results *ret)
{
    size_t n = p->n_grant;
    if (check_count(c, "results", n, RESULTS_GRANTS_MAX) < 0 ||
        check_same(c, "results", n, p->n_leases, "sets of leases") < 0 ||
        check_same(c, "results", n, p->n_rate, "rates") < 0 ||
        check_same(c, "results", n, p->n_group_pieces, "group_pieces") < 0 ||
        check_masks(c, "results", p->leases, n) < 0)
        return -EBADMSG;
    if (p->n_hits > RESULTS_HITS_MAX)
        return BAD(c, "results: %zu hits, at most %d", p->n_hits, RESULTS_HITS_MAX);
    size_t leases = 0;
    for (size_t i = 0; i < n; i++)
        leases += (size_t)__builtin_popcountll(p->leases[i]);
    if (leases != p->n_hits)
        return BAD(c, "results: %zu leases but %zu hits", leases, p->n_hits);
    if (check_range(c, "results", "hits", largest(p->hits, p->n_hits), 0,
                    LEASE_TRIALS_MAX) < 0 ||
        check_range(c, "results", "rate", largest(p->rate, n), 0, TRIALS_MAX) < 0 ||
        check_pieces(c, p) < 0)
        return -EBADMSG;
    *ret = (struct msg_results){.n = n,
                                .grant = p->grant,
                                .leases = p->leases,
                                .rate = p->rate,
                                .n_hits = p->n_hits,
                                .hits = p->hits,
                                .n_pieces = p->n_pieces,
                                .pieces = p->pieces,
                                .group_pieces = p->group_pieces};
    return 0;
}

static int take_answers(struct pb_check *c, const Pb__Answers *p,
                        struct msg_answers *ret)
{
    size_t n = p->n_grant;
    if (check_count(c, "answers", n, ANSWERS_MAX) < 0 ||
        check_same(c, "answers", n, p->n_counted, "sets counted") < 0 ||
        check_same(c, "answers", n, p->n_covered, "sets covered") < 0 ||
        check_same(c, "answers", n, p->n_dropped, "sets dropped") < 0 ||
        check_same(c, "answers", n, p->n_stale, "sets stale") < 0)
        return -EBADMSG;
    for (size_t i = 0; i < n; i++) {
        uint64_t a = p->counted[i], b = p->covered[i], d = p->dropped[i],
                 s = p->stale[i];
        if ((a | b | d | s) == 0)
            return BAD(c, "answers: no lease in entry %zu", i);
        if ((a & b) | ((a | b) & d) | ((a | b | d) & s))
            return BAD(c, "answers: a lease answered twice in entry %zu", i);
    }
    *ret = (struct msg_answers){.n = n,
                                .grant = p->grant,
                                .counted = p->counted,
                                .covered = p->covered,
                                .dropped = p->dropped,
                                .stale = p->stale};
    return 0;
}

/* Cancel and GiveBack are two types with the same fields. */
static int take_leases(struct pb_check *c, const char *what, size_t n,
                       const uint64_t *grant, size_t n_leases, const uint64_t *leases,
                       struct msg_leases *ret)
{
    if (check_count(c, what, n, CANCEL_MAX) < 0 ||
        check_same(c, what, n, n_leases, "sets of leases") < 0 ||
        check_masks(c, what, leases, n) < 0)
        return -EBADMSG;
    *ret = (struct msg_leases){n, grant, leases};
    return 0;
}

static int take_reason(struct pb_check *c, const char *what, const char *reason,
                       struct msg_bye *ret)
{
    ret->reason = reason;
    return check_text(c, what, "reason", reason, TEXT_BYTES);
}

static int take_frame(struct pb_check *c, const Pb__Frame *f, struct msg *ret)
{
    switch (ret->type) {
    case MSG_HELLO:
        return take_hello(c, f->hello, &ret->hello);
    case MSG_WELCOME:
        return take_welcome(c, f->welcome, &ret->welcome);
    case MSG_REFUSAL:
        return take_refusal(c, f->refusal, &ret->refusal);
    case MSG_BYE:
        return take_reason(c, "bye", f->bye->reason, &ret->bye);
    case MSG_HEARTBEAT:
        return take_heartbeat(c, f->heartbeat, &ret->heartbeat);
    case MSG_RESUME:
        return take_resume(c, f->resume, &ret->resume);
    case MSG_GRANTS:
        return take_grants(c, f->grants, &ret->grants);
    case MSG_RESULTS:
        return take_results(c, f->results, &ret->results);
    case MSG_ANSWERS:
        return take_answers(c, f->answers, &ret->answers);
    case MSG_CANCEL:
        return take_leases(c, "cancel", f->cancel->n_grant, f->cancel->grant,
                           f->cancel->n_leases, f->cancel->leases, &ret->leases);
    case MSG_GIVE_BACK:
        return take_leases(c, "give back", f->give_back->n_grant, f->give_back->grant,
                           f->give_back->n_leases, f->give_back->leases, &ret->leases);
    case MSG_DRAIN:
        return take_reason(c, "drain", f->drain->reason, &ret->bye);
    case MSG_REQUEST:
        return take_request(c, f->request, &ret->request);
    case MSG_REPLY:
        return take_reply(c, f->reply, &ret->reply);
    }
    assert(false && "a type of the table");
    return -EBADMSG;
}

static void no_free(void *arena, void *p)
{
    (void)arena;
    (void)p;
}

static size_t varint_bytes(const uint8_t *p, size_t bytes, uint64_t *ret)
{
    size_t n = 0;
    *ret = 0;
    do
        *ret |= (uint64_t)(p[n] & 0x7f) << (7 * n);
    while (p[n++] & 0x80 && n < bytes && n < 10);
    return n;
}

/* How many bodies a frame has that protobuf-c could decode.  It takes the last of
 * several, and nobody means that.  Each body is a field of bytes; fields that are not
 * known may follow. */
static size_t count_bodies(const uint8_t *frame, size_t bytes)
{
    enum { VARINT, FIXED64, LENGTH, FIXED32 = 5 };
    size_t bodies = 0;
    for (size_t at = 0; at < bytes;) {
        uint64_t tag, n = 0;
        at += varint_bytes(frame + at, bytes - at, &tag);
        switch (tag & 7) {
        case VARINT:
            at += at < bytes ? varint_bytes(frame + at, bytes - at, &n) : 0;
            break;
        case LENGTH:
            at += at < bytes ? varint_bytes(frame + at, bytes - at, &n) : 0;
            bodies += protobuf_c_message_descriptor_get_field(
                          &pb__frame__descriptor, (unsigned)(tag >> 3)) != NULL;
            at += n < bytes - at ? n : bytes - at;
            break;
        case FIXED32:
            at += 4;
            break;
        default:
            at += 8;
        }
    }
    return bodies;
}

int wire_decode(const uint8_t *body, size_t bytes, struct arena *arena, struct msg *ret,
                const char **ret_why)
{
    arena_reset(arena);
    ProtobufCAllocator allocator = {
        .alloc = pb_alloc, .free = no_free, .allocator_data = arena};
    Pb__Frame *frame = pb__frame__unpack(&allocator, bytes, body);
    if (!frame) {
        *ret_why = "not a Frame of picoord.proto, or one that needs too much memory";
        return -EBADMSG;
    }
    struct pb_check c = {.arena = arena};
    struct msg m = {.type = 0};
    if (count_bodies(body, bytes) > 1) {
        *ret_why = "a frame of more than one body";
        return -EBADMSG;
    }
    while (m.type <= MSG_REPLY && pb_body_case[m.type] != frame->body_case)
        m.type++;
    int r = m.type <= MSG_REPLY ? take_frame(&c, frame, &m)
                                : BAD(&c, "a frame without a body that is known here");
    if (r < 0)
        *ret_why = c.why ? c.why : "malformed";
    else
        *ret = m;
    return r;
}
