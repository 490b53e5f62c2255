// SPDX-License-Identifier: MIT
/*
 * Arbitrary TLS records sent to a server: as the first ones of a connection, or after a
 * handshake with a client in memory.  The first byte chooses.
 */
#include <assert.h>
#include <string.h>

#include "common/base/base.h"
#include "tests/lib/tls_pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pipe {
    uint8_t bytes[1 << 16];
    size_t n;
};

static void keep(void *ctx, const void *bytes, size_t n)
{
    struct pipe *p = ctx;
    if (n > sizeof(p->bytes) - p->n)
        n = sizeof(p->bytes) - p->n;
    memcpy(p->bytes + p->n, bytes, n);
    p->n += n;
}

static void hear(struct tls *t, const void *bytes, size_t n)
{
    uint8_t plain[4096];
    size_t got;
    tls_feed(t, bytes, n);
    if (tls_handshake(t) == TLS_DONE)
        while (tls_read(t, plain, sizeof(plain), &got) == TLS_DONE)
            assert(got > 0 && got <= sizeof(plain));
    (void)tls_unread(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tls_pair pair;
    static SSL_CTX *server, *client;
    static struct pipe to_server, to_client;
    if (!server) {
        pair = tls_pair_new();
        server = tls_server(pair.key, pair.certificate);
        client = tls_client();
    }
    to_server.n = to_client.n = 0;
    if (size == 0)
        return 0;
    struct tls *s = tls_new(server, NULL, keep, &to_client);
    struct tls *c = NULL;
    if (data[0] & 1) {
        c = tls_new(client, pair.pin, keep, &to_server);
        (void)!tls_handshake(c);
        for (int i = 0; i < 3; i++) {
            struct pipe bytes = to_server;
            to_server.n = 0;
            hear(s, bytes.bytes, bytes.n);
            bytes = to_client;
            to_client.n = 0;
            hear(c, bytes.bytes, bytes.n);
        }
    }
    hear(s, data + 1, size - 1);
    tls_goodbye(s);
    tls_free(s);
    tls_free(c);
    return 0;
}
