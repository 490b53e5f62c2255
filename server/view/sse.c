// SPDX-License-Identifier: MIT
#include "server/view/sse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/base.h"
#include "common/base/json_writer.h"
#include "server/view/event_json.h"
#include "server/view/history.h"

enum {
    BEATS_A_SECOND = 1000 / STREAM_BEAT_MS,
    BLOCK_BYTES = 2048, /* of a response, each time that libmicrohttpd asks */
};

struct frame {
    unsigned refs;
    size_t n;
    char bytes[];
};

struct sse_stream {
    struct sse *all;
    struct sse_stream *next, **link;
    struct MHD_Connection *connection;
    struct sse_stream **owner; /* NULL: gone */
    void (*drop)(void *ctx);
    void *ctx;
    unsigned every; /* beats between two ticks */
    struct frame *queue[STREAM_QUEUE];
    unsigned first, n;
    size_t offset;    /* in the first */
    int64_t since_ms; /* when the first became that */
    bool suspended, lost, ending;
};

struct sse {
    uv_loop_t *loop;
    uv_timer_t timer; /* runs while there is a stream */
    struct report *report;
    void (*wake)(void *ctx);
    void *ctx;
    struct sse_stream *first;
    uint64_t beat;
    struct frame *workers; /* as they were sent last; NULL: not yet */
    struct history curve;
    bool history_due; /* it could not be told when it was asked for */
    FILE *news;       /* what has happened since the last beat; NULL: nothing */
    char *news_bytes;
    size_t news_n;
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

/* An event whose data is what write() puts out, newlines left out; NULL if it could
 * not. */
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

/* The curve from one of its points on. */
struct sse_part {
    const struct history *curve;
    size_t from;
};

static bool write_part(const void *ctx, FILE *out)
{
    const struct sse_part *p = ctx;
    history_json(out, p->curve, p->from);
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
    json_put_name(&w, "history");
    history_json(out, &s->curve, 0);
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

/* ---- one viewer ---- */

static int64_t now_ms(const struct sse *s)
{
    return (int64_t)uv_now(s->loop);
}

static void forget_frames(struct sse_stream *v, bool begun_too)
{
    unsigned keep = v->n > 0 && v->offset > 0 && !begun_too;
    while (v->n > keep)
        frame_unref(v->queue[(v->first + --v->n) % STREAM_QUEUE]);
}

/* Shares the frame. */
static void enqueue(struct sse_stream *v, struct frame *f)
{
    if (v->lost)
        return; /* until it has read what is begun; then comes a hello */
    if (v->n == STREAM_QUEUE) {
        forget_frames(v, false);
        v->lost = true;
        return;
    }
    if (v->n == 0)
        v->since_ms = now_ms(v->all);
    f->refs++;
    v->queue[(v->first + v->n++) % STREAM_QUEUE] = f;
}

/* Makes a frame of its own for it. */
static void enqueue_made(struct sse_stream *v, const char *event, frame_writer *write)
{
    struct frame *f = frame_make(event, write, v->all);
    if (f)
        enqueue(v, f);
    frame_unref(f);
}

static void resume(struct sse_stream *v)
{
    if (v->suspended)
        MHD_resume_connection(v->connection);
    v->suspended = false;
}

/* libmicrohttpd can send more. */
static ssize_t on_read(void *ctx, uint64_t at, char *to, size_t room)
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

static void on_free(void *ctx)
{
    struct sse_stream *v = ctx;
    *v->link = v->next;
    if (v->next)
        v->next->link = v->link;
    if (v->owner)
        *v->owner = NULL;
    forget_frames(v, true);
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
    resume(v);
}

void sse_stream_bye(struct sse_stream *v)
{
    enqueue_made(v, "bye", write_bye);
    sse_stream_end(v);
}

/* ---- the beat ---- */

static void to_all(struct sse *s, struct frame *f)
{
    for (struct sse_stream *v = s->first; v; v = v->next)
        enqueue(v, f);
}

static void send_news(struct sse *s)
{
    if (!s->news)
        return;
    if (fclose(s->news) != 0)
        abort();
    struct frame *f = frame_new(s->news_n);
    memcpy(f->bytes, s->news_bytes, s->news_n);
    to_all(s, f);
    frame_unref(f);
    free(s->news_bytes);
    s->news = NULL;
    s->news_bytes = NULL;
}

/* Made for the first who is due, and shared with the others.  Who has something left
 * to read skips it. */
static void send_ticks(struct sse *s)
{
    struct frame *f = NULL;
    for (struct sse_stream *v = s->first; v; v = v->next) {
        if (s->beat % v->every != 0 || v->n > 0)
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
        to_all(s, f);
    frame_unref(old);
    s->workers = f;
}

static void take_ledger(void *ctx, const struct msg_reply *reply)
{
    struct sse *s = ctx;
    /* Only the first frame of a reply has the job; the others tell of shares. */
    if (reply->body != REPLY_LEDGER || !reply->ledger.job)
        return;
    struct sse_part new = {&s->curve, history_update(&s->curve, &reply->ledger)};
    if (new.from == s->curve.n)
        return;
    struct frame *f = frame_make("history", write_part, &new);
    to_all(s, f);
    frame_unref(f);
}

/* Of the current job; no job has no history. */
static void ask_history(struct sse *s)
{
    struct msg_request r = {.verb = REQUEST_LEDGER};
    s->history_due = !s->report->ask(s->report->ctx, &r, take_ledger, s);
}

static void drop_stuck(struct sse *s)
{
    for (struct sse_stream *v = s->first; v; v = v->next) {
        if (v->n > 0 && now_ms(s) - v->since_ms > STREAM_STUCK_MS && v->owner)
            v->drop(v->ctx);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct sse *s = timer->data;
    s->beat++;
    send_ticks(s); /* first: what waits below would make them be skipped */
    send_news(s);
    if (s->beat % BEATS_A_SECOND == 0 || s->history_due)
        ask_history(s);
    if (s->beat % BEATS_A_SECOND == 0) {
        send_workers(s);
        drop_stuck(s);
    }
    for (struct sse_stream *v = s->first; v; v = v->next) {
        if (v->lost && v->n == 0) {
            v->lost = false;
            enqueue_made(v, "hello", write_hello);
        }
        if (v->n > 0)
            resume(v);
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

/* ---- what happens ---- */

void sse_effect(struct sse *s, const struct effect *e)
{
    if (!s->first || !event_json_has(e))
        return;
    if (!s->news)
        s->news = open_memstream(&s->news_bytes, &s->news_n);
    if (!s->news)
        abort();
    if (ftell(s->news) > STREAM_NEWS_BYTES)
        return;
    event_json_write(s->news, e);
}

/* ---- life ---- */

struct MHD_Response *sse_stream_new(struct sse *s, struct MHD_Connection *m,
                                    unsigned hz, void (*drop)(void *ctx), void *ctx,
                                    struct sse_stream **owner)
{
    struct sse_stream *v = mem_zero(1, sizeof(*v));
    struct MHD_Response *r = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, BLOCK_BYTES, on_read, v, on_free);
    if (!r ||
        MHD_add_response_header(r, "Content-Type", "text/event-stream") != MHD_YES ||
        MHD_add_response_header(r, "Cache-Control", "no-store") != MHD_YES ||
        MHD_add_response_header(r, "Connection", "close") != MHD_YES)
        abort();
    MHD_set_connection_option(m, MHD_CONNECTION_OPTION_TIMEOUT, 0);
    v->all = s;
    v->connection = m;
    v->drop = drop;
    v->ctx = ctx;
    v->owner = owner;
    v->every = (BEATS_A_SECOND + hz - 1) / hz;
    v->next = s->first;
    v->link = &s->first;
    if (s->first)
        s->first->link = &v->next;
    if (!s->first) { /* the next beat begins a second */
        s->beat = BEATS_A_SECOND - 1;
        uv_timer_start(&s->timer, on_timer, STREAM_BEAT_MS, STREAM_BEAT_MS);
    }
    s->first = v;
    *owner = v;
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
    uv_timer_init(loop, &s->timer);
    s->timer.data = s;
    return s;
}

static void on_timer_closed(uv_handle_t *h)
{
    struct sse *s = h->data;
    if (s->news) {
        fclose(s->news);
        free(s->news_bytes);
    }
    frame_unref(s->workers);
    free(s);
}

void sse_close(struct sse *s)
{
    assert(!s->first);
    uv_close((uv_handle_t *)&s->timer, on_timer_closed);
}
