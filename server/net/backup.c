// SPDX-License-Identifier: MIT
#include "server/net/backup.h"

#include <errno.h>
#include <string.h>

enum { QUEUED_BYTES = CONN_SOFT_BYTES / 2, WAITING_MAX = 16 };

void backups_release(struct backups *b)
{
    free(b->queue.items);
    free(b->image);
    *b = (struct backups){0};
}

static void send_reply(const struct backups *b, struct conn *c,
                       const struct msg_reply *r)
{
    struct msg m = {.type = MSG_REPLY, .reply = *r};
    m.reply.id = b->queue.items[0].request;
    conn_send(c, &m);
}

static void send_error(const struct backups *b, struct conn *c, enum error_code code,
                       const char *message, const char *hint)
{
    struct msg_reply r = {.last = true, .body = REPLY_ERROR};
    r.error.code = code;
    r.error.message = message;
    r.error.hint = hint;
    send_reply(b, c, &r);
}

/* The first request is done; begins the next. */
static void next_request(struct backups *b)
{
    free(b->image);
    b->image = NULL;
    b->queue.n--;
    memmove(b->queue.items, b->queue.items + 1, b->queue.n * sizeof(*b->queue.items));
    b->asked = b->queue.n > 0;
    if (b->asked)
        store_snapshot(b->store);
}

void backups_add(struct backups *b, conn_id conn, uint32_t request)
{
    if (b->queue.n == WAITING_MAX)
        return; /* sixteen wait before it: its time runs out */
    *VEC_PUSH(&b->queue) = (struct backup_request){conn, request};
    if (b->queue.n == 1) {
        b->asked = true;
        store_snapshot(b->store);
    }
}

void backups_image(struct backups *b, int status, uint8_t *bytes, size_t n)
{
    struct conn *c = b->conn_of(b->ctx, b->queue.items[0].conn);
    b->asked = false;
    if (status == 0 && c) {
        b->image = bytes;
        b->bytes = n;
        b->sent = 0;
        return;
    }
    free(bytes);
    if (c && status == -ENOTSUP)
        send_error(b, c, ERROR_NOT_POSSIBLE,
                   "this coordinator keeps its state in memory: there is no file",
                   "start picoord without --ephemeral");
    else if (c)
        send_error(b, c, ERROR_STORAGE, "there is no memory for a copy of the state",
                   "try again later");
    next_request(b);
}

void backups_pump(struct backups *b)
{
    if (!b->image)
        return;
    struct conn *c = b->conn_of(b->ctx, b->queue.items[0].conn);
    while (c && b->sent < b->bytes && conn_queued_bytes(c) < QUEUED_BYTES) {
        struct msg_reply r = {.body = REPLY_BACKUP};
        r.backup.size = b->bytes;
        r.backup.data = b->image + b->sent;
        r.backup.bytes = b->bytes - b->sent;
        if (r.backup.bytes > BACKUP_BYTES)
            r.backup.bytes = BACKUP_BYTES;
        b->sent += r.backup.bytes;
        r.last = b->sent == b->bytes;
        send_reply(b, c, &r);
    }
    if (!c || b->sent == b->bytes)
        next_request(b);
}
