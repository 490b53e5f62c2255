// SPDX-License-Identifier: MIT
/*
 * What can be wrong with a peer, whatever the words for it are: conn.h tells it to its
 * callers, and what follows from it is theirs.  A header of its own, because the
 * worker's core judges by it and knows nothing of connections.
 */
#ifndef COMMON_NET_CONN_FAULT_H
#define COMMON_NET_CONN_FAULT_H

enum conn_fault {
    CONN_MALFORMED,   /* it sent what is no frame, or no message */
    CONN_NOT_PICOORD, /* it speaks something else; the phrase says that it is no picoord
                       */
    CONN_OTHER_KEY,   /* its key is not the one that the pin names */
    CONN_BAD_TLS,     /* its TLS is not as it has to be, or is not done in time */
    CONN_PLAINTEXT,   /* it sent a frame in the clear where only TLS is taken */
};

#endif
