// SPDX-License-Identifier: MIT
/*
 * Snapshots of the store on their way to operators: one at a time, in pieces, never
 * more of it queued than a slow reader should hold.  Not pure; borrows connections by
 * number.
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
    struct conn *(*conn_of)(void *ctx, conn_id conn); /* NULL: it is gone */
    void *ctx;
};

void backups_release(struct backups *b);

/* The reply to `request` of that connection, a series, follows. */
void backups_add(struct backups *b, conn_id conn, uint32_t request);

/* From store_events.on_snapshot; takes the bytes. */
void backups_image(struct backups *b, int status, uint8_t *bytes, size_t n);

/* Sends what there is room for; once a turn of the loop. */
void backups_pump(struct backups *b);

#endif
