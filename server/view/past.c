// SPDX-License-Identifier: MIT
#include "server/view/past.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/base.h"
#include "common/base/json_writer.h"
#include "common/base/map.h"
#include "common/wire/names.h"
#include "server/view/event_json.h"

enum {
    EVENTS_BYTES = PAST_BYTES / 2, /* at most, of the events: sentences are long */
    FRAME_BYTES = 1280, /* of what is around: names, moments, others at their longest */
    ROW_BYTES = 128 + PAST_MOMENTS * (1 + 2 * 8), /* one at its longest */
    EVENT_BYTES = 2048,
    MOMENTS_LEAST = 7, /* with no more than that it is tried anyway */
};

/* Of a minute, the moments so many apart. */
static const unsigned strides[] = {1, 2, 3, 5, 10, 20, 30};

#define RATE_MOST 1e18F /* a worker may claim any */

/* A worker at a moment. */
struct sample {
    float counted; /* trials since the moment before */
    float rate;
    char state; /* the first letter of its word; 0: it was not there */
};

struct track {
    bool used;
    uint64_t id, trials; /* trials: at its last moment */
    uint64_t last;       /* moment at which it was there */
    char name[NAME_BYTES + 1];
    struct sample at[PAST_MOMENTS];
};

struct past {
    uint64_t n; /* moments so far; moment i is at i % PAST_MOMENTS */
    int64_t ms[PAST_MOMENTS], time_ms;
    size_t workers; /* at the last moment */
    struct map by_id;
    struct track tracks[PAST_WORKERS];
    float others[PAST_MOMENTS]; /* rates of all that have no track */
};

struct past *past_new(void)
{
    struct past *p = mem_zero(1, sizeof(*p));
    map_init(&p->by_id, NULL);
    return p;
}

void past_free(struct past *p)
{
    if (p)
        map_release(&p->by_id);
    free(p);
}

/* ---- what is kept ---- */

bool past_is_due(const struct past *p, int64_t now_ms)
{
    return p->n == 0 || p->workers <= PAST_MANY_WORKERS ||
           now_ms - p->ms[(p->n - 1) % PAST_MOMENTS] >= PAST_MANY_MS;
}

void past_begin(struct past *p, int64_t now_ms, int64_t time_ms)
{
    size_t at = p->n++ % PAST_MOMENTS;
    p->ms[at] = now_ms;
    p->time_ms = time_ms;
    p->workers = 0;
    p->others[at] = 0;
    for (struct track *c = p->tracks; c < p->tracks + PAST_WORKERS; c++) {
        c->at[at] = (struct sample){0};
        if (!c->used || c->last + PAST_MOMENTS > p->n)
            continue;
        map_remove(&p->by_id, c->id);
        c->used = false;
    }
}

/* A place for a new worker; NULL: there is none. */
static struct track *track_new(struct past *p, const struct worker_view *w)
{
    struct track *c = p->tracks;
    if (p->by_id.n == PAST_WORKERS)
        return NULL;
    while (c->used)
        c++;
    *c = (struct track){.used = true, .id = w->id, .trials = w->trials};
    snprintf(c->name, sizeof(c->name), "%s", w->name);
    map_put(&p->by_id, w->id, c);
    return c;
}

void past_worker(struct past *p, const struct worker_view *w)
{
    assert(p->n > 0);
    size_t at = (p->n - 1) % PAST_MOMENTS;
    float rate = w->rate < RATE_MOST ? (float)w->rate : RATE_MOST;
    p->workers++;
    if (w->state == WORKER_LOST || w->state == WORKER_LEFT)
        return; /* an event says so */
    struct track *c = map_get(&p->by_id, w->id);
    if (!c && !(c = track_new(p, w))) {
        p->others[at] += rate;
        return;
    }
    c->at[at] = (struct sample){
        .counted = w->trials > c->trials ? (float)(w->trials - c->trials) : 0,
        .rate = rate,
        .state = *worker_state_name(w->state)};
    c->trials = w->trials;
    c->last = p->n;
}

/* ---- what is written of it ---- */

/* Moments of the last minute, oldest first. */
struct moments {
    size_t n;
    uint64_t at[PAST_MOMENTS];
};

static struct moments moments_of(const struct past *p, unsigned stride)
{
    struct moments m = {0}, back = {0};
    for (uint64_t i = p->n; i > 0 && i + PAST_MOMENTS > p->n; i -= stride) {
        uint64_t at = i - 1;
        if (p->ms[(p->n - 1) % PAST_MOMENTS] - p->ms[at % PAST_MOMENTS] > PAST_MS)
            break;
        back.at[back.n++] = at;
        if (i < stride)
            break;
    }
    for (m.n = 0; m.n < back.n; m.n++)
        m.at[m.n] = back.at[back.n - 1 - m.n];
    return m;
}

/* Three digits: 412e6. */
static void put_short(struct json_writer *w, double x)
{
    int exponent = 0;
    while (x >= 999.5) {
        x /= 10;
        exponent++;
    }
    if (exponent == 0)
        json_put_number(w, NULL, "%.0f", x);
    else
        json_put_number(w, NULL, "%.0fe%d", x, exponent);
}

static void put_track(struct json_writer *w, const struct track *c,
                      const struct moments *m)
{
    char states[PAST_MOMENTS + 1] = "";
    json_begin_array(w, NULL);
    json_put_text(w, NULL, c->name);
    json_put_u64(w, NULL, c->trials);
    for (size_t i = 0; i < m->n; i++) {
        char state = c->at[m->at[i] % PAST_MOMENTS].state;
        states[i] = state ? state : '-';
    }
    json_put_text(w, NULL, states);
    json_begin_array(w, NULL);
    for (size_t i = 0; i < m->n; i++) {
        double counted = 0;
        for (uint64_t k = i ? m->at[i - 1] : m->at[i]; k < m->at[i]; k++)
            counted += (double)c->at[(k + 1) % PAST_MOMENTS].counted;
        put_short(w, counted);
    }
    json_end(w);
    json_begin_array(w, NULL);
    for (size_t i = 0; i < m->n; i++)
        put_short(w, (double)c->at[m->at[i] % PAST_MOMENTS].rate);
    json_end(w);
    json_end(w);
}

/* Those who have counted most come first. */
struct ranked {
    double counted;
    const struct track *track;
};

static int by_counted(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->counted != y->counted)
        return x->counted < y->counted ? 1 : -1;
    return x->track < y->track ? -1 : 1;
}

static size_t rank(const struct past *p, struct ranked ret[PAST_WORKERS])
{
    size_t n = 0;
    for (const struct track *c = p->tracks; c < p->tracks + PAST_WORKERS; c++) {
        if (!c->used)
            continue;
        ret[n] = (struct ranked){.track = c};
        for (size_t i = 0; i < PAST_MOMENTS; i++)
            ret[n].counted += (double)c->at[i].counted;
        n++;
    }
    qsort(ret, n, sizeof(*ret), by_counted);
    return n;
}

/* Rows as they are written, without brackets around them. */
struct rows {
    char bytes[PAST_BYTES];
    size_t n, tracks;
};

static void put_rows(struct rows *ret, const struct ranked *ranked, size_t n,
                     const struct moments *m, size_t room)
{
    assert(room <= sizeof(ret->bytes));
    ret->n = ret->tracks = 0;
    for (size_t i = 0; i < n; i++) {
        char row[ROW_BYTES];
        struct json_writer w = json_to_buffer(row, sizeof(row));
        put_track(&w, ranked[i].track, m);
        assert(!w.full);
        if (i == 0 && m->n > MOMENTS_LEAST && w.n * n > 2 * room)
            return; /* nor would the others have room: it saves writing them */
        if (ret->n + 1 + w.n > room)
            return;
        if (i > 0)
            ret->bytes[ret->n++] = ',';
        memcpy(ret->bytes + ret->n, row, w.n);
        ret->n += w.n;
        ret->tracks++;
    }
}

/* The last events for which there is room, the oldest first; returns their bytes. */
static size_t put_events(struct json_writer *w, const struct event_view *events,
                         size_t n)
{
    size_t first = n, bytes = 0;
    char one[EVENT_BYTES];
    while (first > 0 && n - first < PAST_EVENTS) {
        struct json_writer probe = json_to_buffer(one, sizeof(one));
        event_json_brief(&probe, &events[first - 1]);
        if (probe.full || bytes + probe.n + 1 > EVENTS_BYTES)
            break;
        bytes += probe.n + 1;
        first--;
    }
    json_begin_array(w, "events");
    for (; first < n; first++)
        event_json_brief(w, &events[first]);
    json_end(w);
    return bytes;
}

/* The rates of all that are not among the rows. */
static void put_others(struct json_writer *w, const struct past *p,
                       const struct ranked *left, size_t n, const struct moments *m)
{
    json_begin_array(w, "others");
    for (size_t i = 0; i < m->n; i++) {
        size_t at = m->at[i] % PAST_MOMENTS;
        double rate = (double)p->others[at];
        for (size_t k = 0; k < n; k++)
            rate += (double)left[k].track->at[at].rate;
        put_short(w, rate);
    }
    json_end(w);
}

void past_json(const struct past *p, const struct event_view *events, size_t n,
               FILE *out)
{
    struct json_writer w = json_to_stream(out);
    struct ranked ranked[PAST_WORKERS];
    struct moments m;
    size_t tracks = rank(p, ranked);
    struct rows *rows = mem_zero(1, sizeof(*rows));
    json_begin_object(&w, NULL);
    size_t room = PAST_BYTES - FRAME_BYTES - put_events(&w, events, n);
    for (size_t i = 0; i < ARRAY_SIZE(strides); i++) {
        m = moments_of(p, strides[i]);
        put_rows(rows, ranked, tracks, &m, room);
        if (rows->tracks == tracks)
            break;
    }
    json_put_u64(&w, "time_ms", (uint64_t)p->time_ms);
    json_begin_array(&w, "ago_ms");
    for (size_t i = 0; i < m.n; i++)
        json_put_number(&w, NULL, "%" PRId64,
                        p->ms[(p->n - 1) % PAST_MOMENTS] -
                            p->ms[m.at[i] % PAST_MOMENTS]);
    json_end(&w);
    json_put_name(&w, "workers");
    fprintf(out, "[%.*s]", (int)rows->n, rows->bytes);
    put_others(&w, p, ranked + rows->tracks, tracks - rows->tracks, &m);
    json_end(&w);
    free(rows);
}
