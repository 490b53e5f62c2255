// SPDX-License-Identifier: MIT
/*
 * Sends snapshots of the store to operators: one at a time, in pieces, and never queues
 * more than a slow reader should hold.  Not pure; identifies connections by number.
 */
#ifndef SERVER_NET_BACKUP_H
#define SERVER_NET_BACKUP_H

#include "common/base/vec.h"
#include "common/net/conn.h"
#include "server/core/coord.h"
#include "server/store/store.h"

struct backup_request {
    conn_id conn;
    uint32_t request;
};

struct backups {
    VEC(struct backup_request) queue; /* the first is being served */
    bool asked;                       /* the store is at it */
    uint8_t *image;                   /* what goes to the first; NULL: nothing yet */
    size_t bytes, sent;
    struct store *store;
    struct conn *(*conn_of)(void *ctx, conn_id conn); /* NULL: closed */
    void *ctx;
};

void backups_release(struct backups *b);

/* Queues a request; a series of replies follows. */
void backups_add(struct backups *b, conn_id conn, uint32_t request);

/* For store_events.on_snapshot; takes the bytes. */
void backups_image(struct backups *b, int status, uint8_t *bytes, size_t n);

/* Sends as much as fits into the send queue; called once a turn of the event loop. */
void backups_pump(struct backups *b);

#endif
