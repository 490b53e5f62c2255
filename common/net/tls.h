// SPDX-License-Identifier: MIT
/*
 * TLS 1.3 without a socket: one side of a connection as a machine that is fed
 * ciphertext and puts ciphertext out.  The server shows a self-signed certificate; the
 * client knows the SHA-256 of its public key, the pin, and looks at nothing else: no
 * name, no date, no authority.  So whoever holds a join string can tell the coordinator
 * from everybody else, and cannot pose as it.
 *
 * Only what is needed: TLS 1.3, two suites, two groups; no tickets, no resumption, no
 * early data, so nothing that was recorded is of use again.  An idle one holds no
 * buffer.  Not pure (randomness), no I/O, one thread.
 */
#ifndef COMMON_NET_TLS_H
#define COMMON_NET_TLS_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "common/base/base.h"
#include "common/net/conn_fault.h"

enum { PIN_BYTES = 32 };

/* What all connections of one kind share; freed by SSL_CTX_free().  The key and the
 * certificate are borrowed for the call. */
SSL_CTX *tls_server(EVP_PKEY *key, X509 *certificate);
SSL_CTX *tls_client(void);

/* SHA-256 of the SubjectPublicKeyInfo in DER. */
void tls_pin(X509 *certificate, uint8_t ret[PIN_BYTES]);

struct tls;

/* Takes ciphertext for the peer; called from within the functions below. */
typedef void tls_sink(void *ctx, const void *bytes, size_t n);

/* pin: of the peer, copied; NULL: a server. */
struct tls *tls_new(SSL_CTX *shared, const uint8_t *pin, tls_sink *sink, void *ctx);
void tls_free(struct tls *t); /* accepts NULL */

/* What both ends have agreed to speak inside, after the handshake; TLS_ANY: the client
 * has not asked, its first byte will tell. */
enum tls_protocol { TLS_ANY, TLS_FRAMES, TLS_HTTP };
enum tls_protocol tls_protocol(const struct tls *t);

/* Ciphertext that has come; borrowed until tls_read() says TLS_MORE or tls_unread() has
 * been called. */
void tls_feed(struct tls *t, const void *bytes, size_t n);

/* How much of it has not been looked at: the last of the bytes that were fed, which it
 * forgets. */
size_t tls_unread(struct tls *t);

enum tls_status {
    TLS_DONE,
    TLS_MORE,   /* all that was fed is used up */
    TLS_END,    /* the peer said goodbye; what it sent is complete */
    TLS_FAILED, /* beyond repair; tls_why() */
};

/* Until TLS_DONE, and before anything else.  A client starts without being fed. */
MUST_USE enum tls_status tls_handshake(struct tls *t);

/* Plaintext: with TLS_DONE at least one byte. */
MUST_USE enum tls_status tls_read(struct tls *t, void *to, size_t room, size_t *ret_n);

/* Seals n > 0 bytes into the sink: TLS_DONE or TLS_FAILED. */
MUST_USE enum tls_status tls_write(struct tls *t, const void *bytes, size_t n);

/* close_notify, unless the connection has failed: nothing is written after it. */
void tls_goodbye(struct tls *t);

/* After TLS_FAILED: what is wrong with the peer, and as a phrase: "does not speak TLS
 * 1.3". */
enum conn_fault tls_fault(const struct tls *t);
const char *tls_why(const struct tls *t);

#endif
