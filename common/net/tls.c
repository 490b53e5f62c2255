// SPDX-License-Identifier: MIT
/*
 * A thin layer over OpenSSL 3, with a BIO of its own: it reads the bytes that were fed,
 * in place, and writes into the caller's sink, so no ciphertext is stored here.
 * OpenSSL's error queue belongs to the thread.  It is cleared before each call, so
 * errors found after a call belong to that call.
 */
#include "common/net/tls.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#define ALPN "pi/1"
#define ALPN_HTTP "http/1.1"

enum { WHY_BYTES = 160 };

struct tls {
    SSL *ssl;
    tls_sink *sink;
    void *ctx;
    const uint8_t *input;
    size_t input_bytes;
    uint8_t pin[PIN_BYTES];
    bool client, failed;
    bool other_key; /* the peer's key is not the pinned one */
    enum conn_fault fault;
    char why[WHY_BYTES];
};

/* For calls that fail only when memory runs out. */
static void must(bool done)
{
    if (!done)
        abort();
}

/* ---- the BIO ---- */

static int on_read(BIO *bio, char *to, size_t room, size_t *ret_n)
{
    struct tls *t = BIO_get_data(bio);
    size_t n = t->input_bytes < room ? t->input_bytes : room;
    BIO_clear_retry_flags(bio);
    *ret_n = n;
    if (n == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(to, t->input, n);
    t->input += n;
    t->input_bytes -= n;
    return 1;
}

static int on_write(BIO *bio, const char *bytes, size_t n, size_t *ret_n)
{
    struct tls *t = BIO_get_data(bio);
    t->sink(t->ctx, bytes, n);
    *ret_n = n;
    return 1;
}

static long on_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH; /* nothing is buffered; no other is supported */
}

static BIO_METHOD *bio_method(void)
{
    static BIO_METHOD *method; /* one per process, never freed */
    if (!method) {
        method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "fed");
        must(method && BIO_meth_set_read_ex(method, on_read) &&
             BIO_meth_set_write_ex(method, on_write) &&
             BIO_meth_set_ctrl(method, on_control));
    }
    return method;
}

/* ---- what connections share ---- */

static SSL_CTX *shared_new(const SSL_METHOD *method)
{
    SSL_CTX *s = SSL_CTX_new(method);
    must(s && SSL_CTX_set_min_proto_version(s, TLS1_3_VERSION) &&
         SSL_CTX_set_max_proto_version(s, TLS1_3_VERSION) &&
         SSL_CTX_set_ciphersuites(s,
                                  "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:"
                                  "TLS_AES_256_GCM_SHA384") &&
         SSL_CTX_set1_groups_list(s, "X25519:P-256"));
    SSL_CTX_set_session_cache_mode(s, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(s, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(s, SSL_MODE_RELEASE_BUFFERS);
    return s;
}

static bool is_protocol(const unsigned char *text, size_t bytes, const char *protocol)
{
    return bytes == strlen(protocol) && !memcmp(text, protocol, bytes);
}

/* Called only if the client offers protocols: chooses its first one that picoord
 * speaks, and fails if there is none. */
static int on_alpn(SSL *ssl, const unsigned char **ret, unsigned char *ret_bytes,
                   const unsigned char *offered, unsigned bytes, void *arg)
{
    (void)ssl, (void)arg;
    for (unsigned at = 0; at < bytes; at += 1U + offered[at]) {
        const unsigned char *text = offered + at + 1;
        if (offered[at] < bytes - at && (is_protocol(text, offered[at], ALPN) ||
                                         is_protocol(text, offered[at], ALPN_HTTP))) {
            *ret = text;
            *ret_bytes = offered[at];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

SSL_CTX *tls_server(EVP_PKEY *key, X509 *certificate)
{
    SSL_CTX *s = shared_new(TLS_server_method());
    must(SSL_CTX_use_certificate(s, certificate) && SSL_CTX_use_PrivateKey(s, key) &&
         SSL_CTX_set_num_tickets(s, 0) && SSL_CTX_set_max_early_data(s, 0));
    SSL_CTX_set_alpn_select_cb(s, on_alpn, NULL);
    return s;
}

void tls_server_renew(SSL_CTX *server, X509 *certificate)
{
    must(SSL_CTX_use_certificate(server, certificate));
}

void tls_pin(X509 *certificate, uint8_t ret[PIN_BYTES])
{
    unsigned char *der = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    must(n > 0 && SHA256(der, (size_t)n, ret));
    OPENSSL_free(der);
}

/* Compares the pin, instead of verifying a chain of certificates.  The handshake itself
 * proves that the peer has the private key. */
static int on_certificate(X509_STORE_CTX *store, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls *t = SSL_get_app_data(ssl);
    uint8_t shown[PIN_BYTES];
    (void)arg;
    tls_pin(X509_STORE_CTX_get0_cert(store), shown);
    t->other_key = CRYPTO_memcmp(shown, t->pin, PIN_BYTES) != 0;
    if (t->other_key)
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED);
    return !t->other_key;
}

SSL_CTX *tls_client(void)
{
    static const unsigned char protocols[] = "\x04" ALPN;
    SSL_CTX *s = shared_new(TLS_client_method());
    SSL_CTX_set_verify(s, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(s, on_certificate, NULL);
    must(SSL_CTX_set_alpn_protos(s, protocols, sizeof(protocols) - 1) == 0);
    return s;
}

/* ---- what went wrong ---- */

static enum tls_status fail(struct tls *t, enum conn_fault fault, const char *why)
{
    t->failed = true;
    t->fault = fault;
    snprintf(t->why, sizeof(t->why), "%s", why);
    return TLS_FAILED;
}

/* Fails with the rule that the peer broke, or with OpenSSL's text. */
static enum tls_status fail_by_queue(struct tls *t)
{
    unsigned long error = ERR_peek_error();
    const char *reason = error ? ERR_reason_error_string(error) : NULL;
    char text[WHY_BYTES];
    if (t->other_key)
        return fail(t, CONN_OTHER_KEY,
                    "shows another key than the join string names: it is another "
                    "coordinator, or somebody is in between");
    switch (ERR_GET_REASON(error)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
        return fail(t, CONN_BAD_TLS, "does not speak TLS 1.3");
    case SSL_R_NO_APPLICATION_PROTOCOL:
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
        return fail(t, CONN_BAD_TLS,
                    t->client ? "does not speak " ALPN
                              : "speaks neither " ALPN " nor " ALPN_HTTP);
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        if (tls_protocol(t) == TLS_FRAMES)
            return fail(t, CONN_OTHER_KEY,
                        "does not take this coordinator's key: its join string is of "
                        "another one");
        return fail(t, CONN_BAD_TLS,
                    "does not know this coordinator's certificate, certificate.pem of "
                    "its state directory");
    }
    snprintf(text, sizeof(text), "breaks the rules of TLS (%s)",
             reason ? reason : "no reason known");
    return fail(t, CONN_BAD_TLS, text);
}

/* The status after an OpenSSL call that did not return 1. */
static enum tls_status status_of(struct tls *t)
{
    switch (SSL_get_error(t->ssl, 0)) {
    case SSL_ERROR_WANT_READ:
        return TLS_MORE;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_END;
    }
    return fail_by_queue(t);
}

enum conn_fault tls_fault(const struct tls *t)
{
    assert(t->failed);
    return t->fault;
}

const char *tls_why(const struct tls *t)
{
    assert(t->failed);
    return t->why;
}

/* ---- one connection ---- */

struct tls *tls_new(SSL_CTX *shared, const uint8_t *pin, tls_sink *sink, void *ctx)
{
    struct tls *t = mem_zero(1, sizeof(*t));
    BIO *bio = BIO_new(bio_method());
    t->ssl = SSL_new(shared);
    must(bio && t->ssl);
    BIO_set_data(bio, t);
    BIO_set_init(bio, 1);
    SSL_set_bio(t->ssl, bio, bio);
    SSL_set_app_data(t->ssl, t);
    t->sink = sink;
    t->ctx = ctx;
    t->client = pin != NULL;
    if (t->client) {
        memcpy(t->pin, pin, PIN_BYTES);
        SSL_set_connect_state(t->ssl);
    } else {
        SSL_set_accept_state(t->ssl);
    }
    return t;
}

void tls_free(struct tls *t)
{
    if (!t)
        return;
    SSL_free(t->ssl); /* and the BIO */
    free(t);
}

enum tls_protocol tls_protocol(const struct tls *t)
{
    const unsigned char *chosen;
    unsigned bytes;
    SSL_get0_alpn_selected(t->ssl, &chosen, &bytes);
    if (bytes == 0)
        return TLS_ANY;
    return is_protocol(chosen, bytes, ALPN_HTTP) ? TLS_HTTP : TLS_FRAMES;
}

void tls_feed(struct tls *t, const void *bytes, size_t n)
{
    assert(t->input_bytes == 0);
    t->input = bytes;
    t->input_bytes = n;
}

size_t tls_unread(struct tls *t)
{
    size_t n = t->input_bytes;
    t->input_bytes = 0;
    return n;
}

enum tls_status tls_handshake(struct tls *t)
{
    const unsigned char *chosen;
    unsigned bytes;
    assert(!t->failed);
    ERR_clear_error();
    if (SSL_do_handshake(t->ssl) != 1)
        return status_of(t);
    SSL_get0_alpn_selected(t->ssl, &chosen, &bytes);
    if (t->client && bytes == 0)
        return fail(t, CONN_NOT_PICOORD,
                    "is not a picoord (it does not speak " ALPN ")");
    return TLS_DONE;
}

enum tls_status tls_read(struct tls *t, void *to, size_t room, size_t *ret_n)
{
    assert(!t->failed);
    ERR_clear_error();
    *ret_n = 0;
    return SSL_read_ex(t->ssl, to, room, ret_n) == 1 ? TLS_DONE : status_of(t);
}

enum tls_status tls_write(struct tls *t, const void *bytes, size_t n)
{
    size_t written;
    assert(!t->failed && n > 0);
    ERR_clear_error();
    /* The sink takes everything, so there is no partial write. */
    if (SSL_write_ex(t->ssl, bytes, n, &written) == 1)
        return TLS_DONE;
    return fail_by_queue(t);
}

void tls_goodbye(struct tls *t)
{
    if (t->failed)
        return;
    ERR_clear_error();
    SSL_shutdown(t->ssl);
}
