// SPDX-License-Identifier: MIT
/*
 * TLS 1.3 without a socket: a state machine that takes ciphertext from the peer and
 * produces ciphertext for it.  The server has a self-signed certificate.  The client
 * knows the SHA-256 of its public key, the pin, and checks nothing else: no name, date
 * or authority.  So a join string identifies the coordinator, and its holder cannot
 * impersonate it.
 *
 * TLS 1.3 only, two cipher suites, two groups; no tickets, no resumption, no early
 * data, so recorded traffic cannot be replayed.  An idle connection holds no buffer.
 * Not pure (randomness), no I/O; for one thread.
 */
#ifndef COMMON_NET_TLS_H
#define COMMON_NET_TLS_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "common/base/base.h"
#include "common/net/conn_fault.h"

enum { PIN_BYTES = 32 };

/* Settings that all connections of one kind share; freed by SSL_CTX_free().  key and
 * certificate still belong to the caller and may be freed after the call. */
SSL_CTX *tls_server(EVP_PKEY *key, X509 *certificate);
SSL_CTX *tls_client(void);

/* Connections that begin from now on show this certificate, of the same key. */
void tls_server_renew(SSL_CTX *server, X509 *certificate);

/* The pin of a certificate: SHA-256 of its SubjectPublicKeyInfo in DER. */
void tls_pin(X509 *certificate, uint8_t ret[PIN_BYTES]);

struct tls;

/* Takes ciphertext for the peer; called from within the functions below. */
typedef void tls_sink(void *ctx, const void *bytes, size_t n);

/* pin: PIN_BYTES, of the server to connect to, copied; NULL: this is the server. */
struct tls *tls_new(SSL_CTX *shared, const uint8_t *pin, tls_sink *sink, void *ctx);
void tls_free(struct tls *t); /* accepts NULL */

/* The protocol that both ends agreed on by ALPN; valid after the handshake.  TLS_ANY:
 * the client offered none, so its first byte decides. */
enum tls_protocol { TLS_ANY, TLS_FRAMES, TLS_HTTP };
enum tls_protocol tls_protocol(const struct tls *t);

/* Hands in ciphertext from the peer; borrowed until tls_read() returns TLS_MORE or
 * tls_unread() is called. */
void tls_feed(struct tls *t, const void *bytes, size_t n);

/* Drops the ciphertext not consumed yet and returns its length: the last so many bytes
 * of those fed. */
size_t tls_unread(struct tls *t);

enum tls_status {
    TLS_DONE,
    TLS_MORE,   /* needs more ciphertext from the peer */
    TLS_END,    /* the peer sent close_notify: its data is complete */
    TLS_FAILED, /* for good; see tls_why() */
};

/* Runs the handshake as far as the input allows.  Must return TLS_DONE before
 * tls_read() and tls_write().  A client calls it first without input. */
MUST_USE enum tls_status tls_handshake(struct tls *t);

/* Decrypts into `to`.  TLS_DONE: *ret_n >= 1 bytes. */
MUST_USE enum tls_status tls_read(struct tls *t, void *to, size_t room, size_t *ret_n);

/* Encrypts n > 0 bytes into the sink.  TLS_DONE or TLS_FAILED. */
MUST_USE enum tls_status tls_write(struct tls *t, const void *bytes, size_t n);

/* Sends close_notify, unless the connection has failed.  The last call that writes. */
void tls_goodbye(struct tls *t);

/* After TLS_FAILED: the fault, and a phrase about the peer ("does not speak TLS 1.3"),
 * valid as long as t. */
enum conn_fault tls_fault(const struct tls *t);
const char *tls_why(const struct tls *t);

#endif
