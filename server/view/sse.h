// SPDX-License-Identifier: MIT
/*
 * The events that viewers follow (server-sent events): hello with all there is to know,
 * tick with the status as often as each asked for, workers once a second where they
 * have changed, worker, ranges, job and coordinator for what happens, history for how
 * the estimate went, bye.  docs/OPERATIONS.md names their members.
 *
 * Frames are made once, shared by all who get them and counted.  A viewer that is slow
 * skips ticks; one that falls further behind gets a new hello in place of what it
 * missed; one that stands still is dropped.  Nothing here is done a lease at a time.
 */
#ifndef SERVER_VIEW_SSE_H
#define SERVER_VIEW_SSE_H

#include <microhttpd.h>
#include <uv.h>

#include "server/view/report.h"

enum {
    STREAM_BEAT_MS = 50,       /* twenty a second: the most that a viewer may ask for */
    STREAM_QUEUE = 16,         /* frames that wait for one viewer */
    STREAM_STUCK_MS = 30000,   /* and how long the first of them may */
    STREAM_NEWS_BYTES = 65536, /* of events between two beats; the rest is left out */
};

struct sse;
struct sse_stream;

/* wake: some were resumed, libmicrohttpd has to run; called from the loop. */
struct sse *sse_new(uv_loop_t *loop, struct report *report, void (*wake)(void *ctx),
                    void *ctx);

/* After the last stream; frees itself once the loop has closed its handles. */
void sse_close(struct sse *s);

/* A response that goes on.  *owner is the stream until libmicrohttpd lets go of it,
 * then NULL; drop() is called for one that stands still. */
struct MHD_Response *sse_stream_new(struct sse *s, struct MHD_Connection *m,
                                    unsigned hz, void (*drop)(void *ctx), void *ctx,
                                    struct sse_stream **owner);

/* How many there are. */
unsigned sse_streams(const struct sse *s);

/* The owner goes first.  All accept NULL. */
void sse_stream_disown(struct sse_stream *v);

/* Its peer has gone: ends it. */
void sse_stream_end(struct sse_stream *v);

/* Sends bye, then ends it. */
void sse_stream_bye(struct sse_stream *v);

/* May come from within a step. */
void sse_effect(struct sse *s, const struct effect *e);

#endif
