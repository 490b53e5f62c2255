// SPDX-License-Identifier: MIT
#include "common/hash.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

uint64_t hash_worker_id(const uint8_t secret[UID_BYTES])
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    if (!SHA256(secret, UID_BYTES, digest))
        abort();
    uint64_t id = 0;
    for (int i = 0; i < 8; i++)
        id = id << 8 | digest[i];
    return id;
}

void hash_mac_init(struct hash_mac *m, const void *key, size_t key_bytes)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    m->ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac); /* the context holds on to it */
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    if (!m->ctx || !EVP_MAC_init(m->ctx, key, key_bytes, params))
        abort();
}

void hash_mac_release(struct hash_mac *m)
{
    EVP_MAC_CTX_free(m->ctx);
    m->ctx = NULL;
}

void hash_mac(struct hash_mac *m, const void *data, size_t bytes,
              uint8_t ret[TOKEN_BYTES])
{
    uint8_t full[SHA256_DIGEST_LENGTH];
    size_t n;
    /* Without a key the context starts over with the one it has. */
    if (!EVP_MAC_init(m->ctx, NULL, 0, NULL) || !EVP_MAC_update(m->ctx, data, bytes) ||
        !EVP_MAC_final(m->ctx, full, &n, sizeof(full)) || n != sizeof(full))
        abort();
    memcpy(ret, full, TOKEN_BYTES);
}

void hash_random(void *ret, size_t bytes)
{
    uint8_t *at = ret;
    while (bytes > 0) {
        ssize_t n = getrandom(at, bytes, 0);
        if (n < 0 && errno != EINTR)
            abort();
        if (n > 0) {
            at += n;
            bytes -= (size_t)n;
        }
    }
}
