// SPDX-License-Identifier: MIT
/*
 * Limits on what an unknown client, or a peer, may use of the coordinator.
 * docs/SECURITY.md shows them; limits of single messages are in common/wire/msg.h and
 * stated in docs/PROTOCOL.md. Constants only.
 */
#ifndef COMMON_WIRE_LIMITS_H
#define COMMON_WIRE_LIMITS_H

enum {
    /* Connections: as many as the process may have descriptors, except these for the
     * listeners, the store and the event loop.  libuv keeps one more descriptor, to
     * accept and close connections over the limit, so that the event loop does not
     * spin. */
    LIMIT_SPARE_FDS = 64,
    LIMIT_REFUSED_AT_ONCE =
        32, /* connections over the limit that get a Refusal; others are just closed */
    LIMIT_AN_ORIGIN = 256, /* connections from one address; this machine: no limit */

    /* Time between heartbeats, and after which a silent peer is lost, on both sides.  A
     * step later than LATE_MS after its deadline means that the process was stopped:
     * all deadlines move. */
    HEARTBEAT_MS = 2000,
    SILENT_MS = 6000,
    RESUME_WAIT_MS = 5000, /* from Welcome, or a Resume that is not the last, to the
                               next */
    LATE_MS = 1000,

    /* Time for the first bytes, for the handshake and for Hello, each. */
    LIMIT_FIRST_MS = 5000,
    LIMIT_HANDSHAKES = 64,        /* at once; others wait, within their time limit */
    LIMIT_HANDSHAKES_ORIGIN = 16, /* of them, from one address, this machine included */
    LIMIT_HANDSHAKE_MS = 1000,    /* for a handshake that others wait for */

    /* Of a welcome peer, each second, with a burst of one second.  More is read later.
     * A worker with 64 threads sends some 300 frames a second. */
    LIMIT_FRAMES = 4000,
    LIMIT_BYTES = 16 << 20,

    /* Bytes queued for a peer that does not read: above the first limit nothing is read
     * from it, above the second it is disconnected. */
    LIMIT_SOFT_BYTES = 256 * 1024,
    LIMIT_HARD_BYTES = 8 * 1024 * 1024,
    LIMIT_DECODE_BYTES = 1 << 20, /* memory to decode one message */

    /* Results of a worker that wait for a transaction under way, with some 60 bytes
     * each for as long as a disk stalls.  Those of honest workers are leases that were
     * doubled or sent again. */
    LIMIT_WAITING_RESULTS = 4096,

    /* New workers: each may cost ten audits before it is trusted. */
    LIMIT_NEW_IDS_HOUR = 100000,      /* in an hour, from all addresses */
    LIMIT_NEW_IDS_HOUR_ORIGIN = 1000, /* the same for one address; this machine: any */

    /* Threads that connected workers of one address claim together; this machine:
     * any. */
    LIMIT_THREADS_ORIGIN = 4096,
};

#endif
