// SPDX-License-Identifier: MIT
/*
 * Received plaintext: frames become messages, a stream's bytes go to the caller as they
 * are, and the first byte chooses between the two.
 */
#include "common/net/conn_impl.h"

#include <stdio.h>

#include "common/base/format.h"

enum {
    SHOWN_BYTES = 24,
    STREAM_SEND_BYTES = 32 * 1024,
    METER_MS = 50, /* a peer above its limit is not read for so long */
};

/* ---- frames ---- */

void conn_begin_frames(struct conn *c)
{
    c->state = CONN_OPEN;
    if (!c->welcomed)
        conn_loop_deadline_in(c->loop, &c->deadline, CONN_FIRST_MS);
    if (c->events->on_open)
        c->events->on_open(c, c->ctx);
}

/* ---- peers that break the protocol ---- */

static void conn_bad_length(struct conn *c)
{
    char why[TEXT_BYTES];
    snprintf(why, sizeof(why), "a frame that is empty or longer than %zu bytes%s",
             c->reader.body_max, c->welcomed ? "" : ", the most before Welcome");
    conn_bad(c, CONN_MALFORMED, why);
}

void conn_bad_protocol(struct conn *c, const char *bytes, size_t n)
{
    char text[4 * SHOWN_BYTES + 1], why[TEXT_BYTES];
    bool dialled = !c->acceptor, more = n > SHOWN_BYTES;
    while (n > 0 && (bytes[n - 1] == '\r' || bytes[n - 1] == '\n'))
        n--;
    format_escape(text, sizeof(text), bytes, more ? SHOWN_BYTES : n);
    if (!dialled && c->tls && tls_protocol(c->tls) == TLS_FRAMES) {
        snprintf(why, sizeof(why), "pi/1 was agreed on, and \"%s%s\" is no frame of it",
                 text, more ? "..." : "");
        conn_begin_frames(c); /* so that it can be told */
        if (c->state == CONN_OPEN)
            conn_bad(c, CONN_MALFORMED, why);
        return;
    }
    snprintf(why, sizeof(why), "is not a picoord%s (it %s \"%s%s\")",
             dialled ? "" : " peer", dialled ? "answered" : "sent", text,
             more ? "..." : "");
    c->protocol = CONN_UNKNOWN;
    conn_bad(c, CONN_NOT_PICOORD, why);
}

void conn_hangup(struct conn *c, int status)
{
    const char *why = NULL;
    c->peer_done = true;
    if (status == UV_EOF && conn_is_stream(c) && c->state == CONN_OPEN && !c->ended) {
        c->events->on_bytes(c, NULL, 0, c->ctx);
        return;
    }
    if (status == UV_EOF)
        why = c->state == CONN_GREETING && c->tls
                  ? "closed by the other side during the TLS handshake"
                  : "closed by the other side";
    conn_end(c, status, why);
}

static void refill(int64_t *left, int64_t a_second, int64_t ms)
{
    *left += ms * a_second / 1000;
    if (*left > a_second)
        *left = a_second;
}

/* Counts a frame of a welcomed peer.  If the peer is above its limit per second,
 * pauses: this frame is the last for METER_MS. */
static void conn_meter(struct conn *c, size_t bytes)
{
    if (!c->acceptor || !c->welcomed || !c->acceptor->frames)
        return;
    c->frames_left--;
    c->bytes_left -= (int64_t)bytes;
    if (c->frames_left > 0 && c->bytes_left > 0)
        return;
    int64_t now = (int64_t)uv_now(c->tcp.loop), ms = now - c->metered_ms;
    c->metered_ms = now;
    refill(&c->frames_left, c->acceptor->frames, ms < 1000 ? ms : 1000);
    refill(&c->bytes_left, c->acceptor->bytes, ms < 1000 ? ms : 1000);
    if ((c->frames_left > 0 && c->bytes_left > 0) || c->paused)
        return;
    c->paused = c->metered = true;
    uv_read_stop((uv_stream_t *)&c->tcp);
}

void conn_parse(struct conn *c)
{
    const uint8_t *body;
    size_t bytes;
    const char *why;
    struct msg m;

    while (c->state == CONN_OPEN && !c->paused) {
        switch (frame_next(&c->reader, &body, &bytes)) {
        case FRAME_NONE:
            return;
        case FRAME_BAD:
            conn_bad_length(c);
            return;
        case FRAME_READY:
            break;
        }
        if (wire_decode(body, bytes, &c->loop->decoded, &m, &why) < 0) {
            conn_bad(c, CONN_MALFORMED, why);
            return;
        }
        if (c->deadline.place)
            conn_loop_deadline_none(c->loop, &c->deadline);
        conn_meter(c, bytes);
        c->events->on_message(c, &m, c->ctx);
        if (c->metered && c->state == CONN_OPEN)
            conn_loop_deadline_in(c->loop, &c->deadline, METER_MS);
    }
}

/* ---- bytes ---- */

static void conn_begin_stream(struct conn *c, enum conn_protocol protocol)
{
    /* By default the kernel buffers megabytes for a peer that does not read. */
    int bytes = STREAM_SEND_BYTES;
    uv_send_buffer_size((uv_handle_t *)&c->tcp, &bytes);
    c->state = CONN_OPEN;
    c->protocol = protocol;
    conn_loop_deadline_in(c->loop, &c->deadline, CONN_FIRST_MS);
    c->events->on_protocol(c, protocol, c->ctx);
}

/* Hands all bytes read to the caller, so the buffer is empty again. */
static void conn_deliver_bytes(struct conn *c)
{
    struct frame_reader *r = &c->reader;
    const uint8_t *bytes = r->bytes + r->start;
    size_t n = r->end - r->start;
    r->start = r->end = 0;
    if (n > 0 && c->state == CONN_OPEN)
        c->events->on_bytes(c, bytes, n, c->ctx);
}

/* ---- the first byte ---- */

/* Whether the first byte begins a stream that the acceptor takes.  A protocol agreed on
 * by ALPN excludes all others. */
static bool conn_is_stream_protocol(const struct conn *c, char first,
                                    enum conn_protocol *ret)
{
    enum tls_protocol agreed = c->tls ? tls_protocol(c->tls) : TLS_ANY;
    bool lower = first >= 'a' && first <= 'z', upper = first >= 'A' && first <= 'Z';
    if (!c->acceptor || !c->acceptor->streams || agreed == TLS_FRAMES)
        return false;
    *ret = lower ? CONN_TEXT : CONN_HTTP;
    return upper || (lower && agreed == TLS_ANY);
}

/* Begins frames or a stream.  False: the peer speaks neither. */
static bool conn_first_byte(struct conn *c, const char *bytes)
{
    enum conn_protocol protocol;
    c->first_byte_seen = true;
    if (conn_is_stream_protocol(c, bytes[0], &protocol))
        conn_begin_stream(c, protocol);
    else if (bytes[0] != 0 || (c->tls && tls_protocol(c->tls) == TLS_HTTP))
        return false;
    else if (c->state == CONN_GREETING)
        conn_begin_frames(c);
    return true;
}

void conn_read_plain(struct conn *c, size_t n)
{
    frame_reader_filled(&c->reader, n);
    /* Not the address that was read to: the reader may have moved its buffer. */
    const char *bytes = (const char *)c->reader.bytes;
    if ((!c->first_byte_seen || c->state == CONN_GREETING) &&
        !conn_first_byte(c, bytes))
        conn_bad_protocol(c, bytes, n);
    else if (conn_is_stream(c))
        conn_deliver_bytes(c);
    else
        conn_parse(c);
}

/* ---- room ---- */

/* Welcomed peers and streams use a shared buffer, lent for as long as it holds part of
 * a frame.  Other peers have a small buffer of their own. */
void *conn_room(struct conn *c, size_t *ret_room)
{
    if ((c->welcomed || conn_is_stream(c)) && !c->reader.bytes) {
        struct buffer b = buffers_take(&c->loop->reads, READ_BUFFER_BYTES);
        c->reader.bytes = b.bytes;
        c->reader.capacity = b.capacity;
    }
    return frame_reader_room(&c->reader, ret_room);
}

void conn_room_back(struct conn *c)
{
    struct frame_reader *r = &c->reader;
    if ((!c->welcomed && !conn_is_stream(c)) || r->start != r->end || !r->bytes)
        return;
    struct buffer b = {r->bytes, r->capacity, 0};
    if (r->capacity >= READ_BUFFER_BYTES)
        buffers_give(&c->loop->reads, &b);
    else
        free(r->bytes);
    r->bytes = NULL;
    r->capacity = r->start = r->end = 0;
}
