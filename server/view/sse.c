// SPDX-License-Identifier: MIT
#include "server/view/sse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/base.h"
#include "common/base/json_writer.h"
#include "server/view/event_json.h"
#include "server/view/history.h"
#include "server/view/recent.h"

enum {
    BEATS_A_SECOND = 1000 / STREAM_BEAT_MS,
    BLOCK_BYTES = 2048, /* that libmicrohttpd reads from a response at a time */
};

/* One or more events as they are sent. */
struct frame {
    unsigned refs;
    size_t n;
    char bytes[];
};

struct sse_stream {
    struct sse *all;
    struct sse_stream *next, **link;
    struct MHD_Connection *connection;
    struct sse_stream **owner; /* NULL: disowned */
    void (*drop)(void *ctx);
    void *ctx;
    unsigned beats_per_tick;
    struct frame *queue[STREAM_QUEUE]; /* a ring buffer */
    unsigned first, n;
    size_t offset;    /* bytes of the first frame that were sent */
    int64_t since_ms; /* when that frame became the first */
    bool suspended;   /* libmicrohttpd does not ask for bytes */
    bool overflowed;  /* gets a new hello once its queue is empty */
    bool ending;      /* ends once its queue is empty */
};

struct sse {
    uv_loop_t *loop;
    uv_timer_t timer; /* runs while there are streams */
    struct report *report;
    void (*wake)(void *ctx);
    void *ctx;
    struct sse_stream *first;
    uint64_t beat;
    struct frame *workers; /* the last that was sent; NULL: none yet */
    struct recent *recent;
    struct history history;
    bool history_due; /* the ledger was not available; ask again next beat */
    FILE *events;     /* of the core since the last beat; NULL: none */
    char *events_bytes;
    size_t events_n;
};

/* ---- frames ---- */

static struct frame *frame_new(size_t n)
{
    struct frame *f = mem_resize(NULL, 1, sizeof(*f) + n);
    f->refs = 1;
    f->n = n;
    return f;
}

static void frame_unref(struct frame *f)
{
    if (f && --f->refs == 0)
        free(f);
}

typedef bool frame_writer(const void *ctx, FILE *out);

/* Makes an event whose data is the output of write() without its newlines, which would
 * end the data.  NULL if write() returns false. */
static struct frame *frame_make(const char *event, frame_writer *write, const void *ctx)
{
    char *bytes = NULL;
    size_t n = 0, kept = 0;
    FILE *out = open_memstream(&bytes, &n);
    if (!out)
        abort();
    bool written = write(ctx, out);
    if (fclose(out) != 0)
        abort();
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != '\n')
            bytes[kept++] = bytes[i];
    char head[64];
    int head_n = snprintf(head, sizeof(head), "event: %s\ndata: ", event);
    struct frame *f = NULL;
    if (written) {
        f = frame_new((size_t)head_n + kept + 2);
        memcpy(f->bytes, head, (size_t)head_n);
        memcpy(f->bytes + head_n, bytes, kept);
        memcpy(f->bytes + head_n + kept, "\n\n", 2);
    }
    free(bytes);
    return f;
}

static bool write_tick(const void *ctx, FILE *out)
{
    const struct sse *s = ctx;
    return report_status_json(s->report, out);
}

static bool write_workers(const void *ctx, FILE *out)
{
    const struct sse *s = ctx;
    return report_workers_json(s->report, out);
}

/* The points of a history from index `from` on. */
struct history_part {
    const struct history *history;
    size_t from;
};

static bool write_history(const void *ctx, FILE *out)
{
    const struct history_part *p = ctx;
    history_json(out, p->history, p->from);
    return true;
}

static bool write_hello(const void *ctx, FILE *out)
{
    const struct sse *s = ctx;
    struct json_writer w = json_to_stream(out);
    json_begin_object(&w, NULL);
    json_put_name(&w, "status");
    if (!report_status_json(s->report, out))
        return false;
    json_put_name(&w, "workers");
    if (!report_workers_json(s->report, out))
        return false;
    json_put_name(&w, "join");
    report_join_json(s->report, out);
    json_put_name(&w, "fetch");
    report_fetch_json(s->report, out);
    json_put_name(&w, "history");
    history_json(out, &s->history, 0);
    json_put_raw(&w, "past", recent_json(s->recent));
    json_end(&w);
    return true;
}

static bool write_bye(const void *ctx, FILE *out)
{
    struct json_writer w = json_to_stream(out);
    (void)ctx;
    json_begin_object(&w, NULL);
    json_put_text(&w, "reason", "the coordinator is stopping");
    json_end(&w);
    return true;
}

/* ---- one stream ---- */

static int64_t now_ms(const struct sse *s)
{
    return (int64_t)uv_now(s->loop);
}

/* Keeps the first frame if part of it was sent, unless partly_sent_too. */
static void clear_queue(struct sse_stream *v, bool partly_sent_too)
{
    unsigned keep = v->n > 0 && v->offset > 0 && !partly_sent_too;
    while (v->n > keep)
        frame_unref(v->queue[(v->first + --v->n) % STREAM_QUEUE]);
}

/* Adds a reference to the frame. */
static void enqueue(struct sse_stream *v, struct frame *f)
{
    if (v->overflowed)
        return; /* the new hello will have it */
    if (v->n == STREAM_QUEUE) {
        clear_queue(v, false);
        v->overflowed = true;
        return;
    }
    if (v->n == 0)
        v->since_ms = now_ms(v->all);
    f->refs++;
    v->queue[(v->first + v->n++) % STREAM_QUEUE] = f;
}

/* Makes a frame for this stream only. */
static void enqueue_made(struct sse_stream *v, const char *event, frame_writer *write)
{
    struct frame *f = frame_make(event, write, v->all);
    if (f)
        enqueue(v, f);
    frame_unref(f);
}

/* Tells a browser how long to wait before it connects again, in milliseconds. */
static void enqueue_retry(struct sse_stream *v)
{
    static const char retry[] = "retry: 2000\n\n";
    struct frame *f = frame_new(sizeof(retry) - 1);
    memcpy(f->bytes, retry, f->n);
    enqueue(v, f);
    frame_unref(f);
}

static void resume_response(struct sse_stream *v)
{
    if (v->suspended)
        MHD_resume_connection(v->connection);
    v->suspended = false;
}

/* libmicrohttpd asks for bytes to send.  With an empty queue the response is suspended.
 */
static ssize_t on_response_read(void *ctx, uint64_t at, char *to, size_t room)
{
    struct sse_stream *v = ctx;
    (void)at;
    if (v->n == 0 && v->ending)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (v->n == 0) {
        v->suspended = true;
        MHD_suspend_connection(v->connection);
        return 0;
    }
    struct frame *f = v->queue[v->first];
    size_t n = f->n - v->offset < room ? f->n - v->offset : room;
    memcpy(to, f->bytes + v->offset, n);
    v->offset += n;
    if (v->offset == f->n) {
        v->first = (v->first + 1) % STREAM_QUEUE;
        v->n--;
        v->offset = 0;
        v->since_ms = now_ms(v->all);
        frame_unref(f);
    }
    return (ssize_t)n;
}

static void on_response_free(void *ctx)
{
    struct sse_stream *v = ctx;
    *v->link = v->next;
    if (v->next)
        v->next->link = v->link;
    if (v->owner)
        *v->owner = NULL;
    clear_queue(v, true);
    if (!v->all->first)
        uv_timer_stop(&v->all->timer);
    free(v);
}

void sse_stream_disown(struct sse_stream *v)
{
    if (v)
        v->owner = NULL;
}

void sse_stream_end(struct sse_stream *v)
{
    if (!v)
        return;
    v->ending = true;
    resume_response(v);
}

void sse_stream_bye(struct sse_stream *v)
{
    enqueue_made(v, "bye", write_bye);
    sse_stream_end(v);
}

/* ---- the beat ---- */

static void enqueue_for_all(struct sse *s, struct frame *f)
{
    for (struct sse_stream *v = s->first; v; v = v->next)
        enqueue(v, f);
}

static void send_events(struct sse *s)
{
    if (!s->events)
        return;
    if (fclose(s->events) != 0)
        abort();
    struct frame *f = frame_new(s->events_n);
    memcpy(f->bytes, s->events_bytes, s->events_n);
    enqueue_for_all(s, f);
    frame_unref(f);
    free(s->events_bytes);
    s->events = NULL;
    s->events_bytes = NULL;
}

/* All streams that are due share one frame.  A stream whose queue is not empty skips
 * its tick. */
static void send_ticks(struct sse *s)
{
    struct frame *f = NULL;
    for (struct sse_stream *v = s->first; v; v = v->next) {
        if (s->beat % v->beats_per_tick != 0 || v->n > 0)
            continue;
        if (!f && !(f = frame_make("tick", write_tick, s)))
            return;
        enqueue(v, f);
    }
    frame_unref(f);
}

static void send_workers(struct sse *s)
{
    struct frame *f = frame_make("workers", write_workers, s), *old = s->workers;
    if (!f)
        return;
    if (!old || old->n != f->n || memcmp(old->bytes, f->bytes, f->n) != 0)
        enqueue_for_all(s, f);
    frame_unref(old);
    s->workers = f;
}

static void on_ledger(void *ctx, const struct msg_reply *reply)
{
    struct sse *s = ctx;
    /* Only the first frame of a reply has the job; the others have shares only. */
    if (reply->body != REPLY_LEDGER || !reply->ledger.job)
        return;
    struct history_part new = {&s->history,
                               history_update(&s->history, &reply->ledger)};
    if (new.from == s->history.n)
        return;
    struct frame *f = frame_make("history", write_history, &new);
    enqueue_for_all(s, f);
    frame_unref(f);
}

/* Asks for the ledger of the current job. */
static void request_ledger(struct sse *s)
{
    struct msg_request r = {.verb = REQUEST_LEDGER};
    s->history_due = !s->report->ask(s->report->ctx, &r, on_ledger, s);
}

static void drop_stalled(struct sse *s)
{
    for (struct sse_stream *v = s->first; v; v = v->next) {
        if (v->n > 0 && now_ms(s) - v->since_ms > STREAM_STUCK_MS && v->owner)
            v->drop(v->ctx);
    }
}

static void on_beat(uv_timer_t *timer)
{
    struct sse *s = timer->data;
    s->beat++;
    send_ticks(s); /* first: a stream with events in its queue would skip its tick */
    send_events(s);
    if (s->beat % BEATS_A_SECOND == 0 || s->history_due)
        request_ledger(s);
    if (s->beat % BEATS_A_SECOND == 0) {
        send_workers(s);
        drop_stalled(s);
    }
    for (struct sse_stream *v = s->first; v; v = v->next) {
        if (v->overflowed && v->n == 0) {
            v->overflowed = false;
            enqueue_made(v, "hello", write_hello);
        }
        if (v->n > 0)
            resume_response(v);
    }
    s->wake(s->ctx);
}

unsigned sse_streams(const struct sse *s)
{
    unsigned n = 0;
    for (const struct sse_stream *v = s->first; v; v = v->next)
        n++;
    return n;
}

/* ---- events of the core ---- */

void sse_effect(struct sse *s, const struct effect *e)
{
    if (!event_json_has(e))
        return;
    recent_event(s->recent);
    if (!s->first)
        return;
    if (!s->events)
        s->events = open_memstream(&s->events_bytes, &s->events_n);
    if (!s->events)
        abort();
    if (ftell(s->events) > STREAM_EVENTS_BYTES)
        return;
    event_json_write(s->events, e);
}

/* ---- lifetime ---- */

struct MHD_Response *sse_stream_new(struct sse *s, struct MHD_Connection *m,
                                    unsigned hz, void (*drop)(void *ctx), void *ctx,
                                    struct sse_stream **owner)
{
    struct sse_stream *v = mem_zero(1, sizeof(*v));
    struct MHD_Response *r = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, BLOCK_BYTES, on_response_read, v, on_response_free);
    if (!r ||
        MHD_add_response_header(r, "Content-Type", "text/event-stream") != MHD_YES ||
        MHD_add_response_header(r, "Cache-Control", "no-store") != MHD_YES ||
        MHD_add_response_header(r, "X-Accel-Buffering", "no") != MHD_YES ||
        MHD_add_response_header(r, "Connection", "close") != MHD_YES)
        abort();
    MHD_set_connection_option(m, MHD_CONNECTION_OPTION_TIMEOUT, 0);
    v->all = s;
    v->connection = m;
    v->drop = drop;
    v->ctx = ctx;
    v->owner = owner;
    v->beats_per_tick = (BEATS_A_SECOND + hz - 1) / hz;
    v->next = s->first;
    v->link = &s->first;
    if (s->first)
        s->first->link = &v->next;
    if (!s->first) { /* so that the next beat begins a second, and sends workers and
                        history */
        s->beat = BEATS_A_SECOND - 1;
        uv_timer_start(&s->timer, on_beat, STREAM_BEAT_MS, STREAM_BEAT_MS);
    }
    s->first = v;
    *owner = v;
    enqueue_retry(v);
    enqueue_made(v, "hello", write_hello);
    return r;
}

struct sse *sse_new(uv_loop_t *loop, struct report *report, void (*wake)(void *ctx),
                    void *ctx)
{
    struct sse *s = mem_zero(1, sizeof(*s));
    s->loop = loop;
    s->report = report;
    s->wake = wake;
    s->ctx = ctx;
    s->recent = recent_new(loop, report);
    uv_timer_init(loop, &s->timer);
    s->timer.data = s;
    return s;
}

static void on_timer_closed(uv_handle_t *h)
{
    struct sse *s = h->data;
    if (s->events) {
        fclose(s->events);
        free(s->events_bytes);
    }
    frame_unref(s->workers);
    free(s);
}

void sse_close(struct sse *s)
{
    assert(!s->first);
    uv_close((uv_handle_t *)&s->timer, on_timer_closed);
    recent_close(s->recent);
}
