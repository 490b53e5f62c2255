// SPDX-License-Identifier: MIT
/*
 * The ways in which a peer can break the protocol (on_bad of conn.h).  A header of its
 * own, because the worker's core uses it and knows nothing of connections.
 */
#ifndef COMMON_NET_CONN_FAULT_H
#define COMMON_NET_CONN_FAULT_H

enum conn_fault {
    CONN_MALFORMED,   /* it sent bytes that are not a frame, or not a message */
    CONN_NOT_PICOORD, /* it speaks another protocol */
    CONN_OTHER_KEY,   /* its key does not match the pin, or ours does not match its */
    CONN_BAD_TLS,     /* its TLS handshake failed or timed out */
    CONN_PLAINTEXT,   /* it sent a plaintext frame where only TLS is taken */
};

#endif
