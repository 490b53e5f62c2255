// SPDX-License-Identifier: MIT
/*
 * What a stranger, or a peer, may take from the coordinator.  The table is shown in
 * docs/SECURITY.md; limits of single messages are in common/wire/msg.h and stated in
 * docs/PROTOCOL.md.  Constants only.
 */
#ifndef COMMON_WIRE_LIMITS_H
#define COMMON_WIRE_LIMITS_H

enum {
    /* Connections: all that the process has descriptors for, but for these: the
     * listeners, the store, the loop.  libuv keeps one more to take and close what it
     * cannot hold, so that nothing spins. */
    LIMIT_SPARE_FDS = 64,
    LIMIT_REFUSED_AT_ONCE =
        32,                /* so many of the surplus get a sentence, the rest not */
    LIMIT_AN_ORIGIN = 256, /* connections from one address; this machine: any */

    /* Time: a heartbeat so often, and who sends nothing for so long is lost, on both
     * sides.  A step that comes so much after its deadline means that the process stood
     * still: all deadlines move. */
    HEARTBEAT_MS = 2000,
    SILENT_MS = 6000,
    LATE_MS = 1000,

    /* Time: first bytes, handshake, Hello. */
    LIMIT_FIRST_MS = 5000,
    LIMIT_HANDSHAKES = 64, /* at once; others wait their turn, and their time runs */
    LIMIT_HANDSHAKES_ORIGIN = 16, /* of those, from one address; this machine is one */
    LIMIT_HANDSHAKE_MS = 1000,    /* of one that is in another's way */

    /* Of a peer that is welcome, each second; a second's worth may be saved up.  Who
     * sends more is read more slowly.  A worker of 64 threads sends some 300 frames. */
    LIMIT_FRAMES = 4000,
    LIMIT_BYTES = 16 << 20,

    /* Waiting for a peer that does not read: beyond the first it is not read from,
     * beyond the second it is dropped. */
    LIMIT_SOFT_BYTES = 256 * 1024,
    LIMIT_HARD_BYTES = 8 * 1024 * 1024,
    LIMIT_DECODE_BYTES = 1 << 20, /* memory for one message, whatever it holds */

    /* Workers that were never seen: each may be believed only after ten audits. */
    LIMIT_NEW_IDS_HOUR = 100000,      /* in an hour, */
    LIMIT_NEW_IDS_HOUR_ORIGIN = 1000, /* from one address; this machine: any */
};

#endif
