// SPDX-License-Identifier: MIT
/*
 * Server-sent events for viewers: hello with the whole state and the last minute; tick
 * with the status, at the rate that each viewer asked for; workers once a second if
 * they have changed; worker, ranges, job and coordinator for events of the core;
 * history for new points of the estimate; bye.  docs/OPERATIONS.md documents their
 * members.
 *
 * A frame is made once and shared by reference count.  A slow viewer skips ticks; one
 * whose queue overflows gets a new hello in place of what it missed; one that reads
 * nothing is dropped.  No work is done for each lease.  The last minute (past.h) is
 * kept whether somebody looks or not.
 */
#ifndef SERVER_VIEW_SSE_H
#define SERVER_VIEW_SSE_H

#include <microhttpd.h>
#include <uv.h>

#include "server/view/report.h"

enum {
    STREAM_BEAT_MS = 50,     /* so 20 Hz is the highest rate of ticks */
    STREAM_QUEUE = 16,       /* longest queue of a viewer, in frames */
    STREAM_STUCK_MS = 30000, /* time to read the first frame of the queue */
    STREAM_EVENTS_BYTES =
        65536, /* of the core's events in one beat; more are left out */
};

struct sse;
struct sse_stream;

/* Borrows report.  wake() is called from the loop when responses were resumed, so that
 * libmicrohttpd runs. */
struct sse *sse_new(uv_loop_t *loop, struct report *report, void (*wake)(void *ctx),
                    void *ctx);

/* All streams must have ended.  Memory is freed once the loop has closed the handles.
 */
void sse_close(struct sse *s);

/* Makes the response of an event stream with `hz` ticks a second, which the caller
 * queues.  *owner is the stream until libmicrohttpd frees the response, then NULL.
 * drop() is called if the viewer reads nothing for STREAM_STUCK_MS. */
struct MHD_Response *sse_stream_new(struct sse *s, struct MHD_Connection *m,
                                    unsigned hz, void (*drop)(void *ctx), void *ctx,
                                    struct sse_stream **owner);

/* Number of open streams. */
unsigned sse_streams(const struct sse *s);

/* Detaches the stream from its owner, which is freed before it.  Accepts NULL, as do
 * the next. */
void sse_stream_disown(struct sse_stream *v);

/* Ends the stream after the frames in its queue. */
void sse_stream_end(struct sse_stream *v);

/* Sends bye, then ends it. */
void sse_stream_bye(struct sse_stream *v);

/* Sends the event to all streams with the next beat; may be called during a step. */
void sse_effect(struct sse *s, const struct effect *e);

#endif
