// SPDX-License-Identifier: MIT
/* Every grant needs a token.  The functions that OpenSSL 3 recommends instead of the
 * deprecated ones below allocate memory for each message. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "common/sys/hash.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/crypto.h>

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

/* Hashes the padded key: the initial state of a pass of HMAC (RFC 2104). */
static void start_pass(SHA256_CTX *ret, const uint8_t key[SHA256_CBLOCK], uint8_t pad)
{
    uint8_t block[SHA256_CBLOCK];
    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = key[i] ^ pad;
    SHA256_Init(ret);
    SHA256_Update(ret, block, sizeof(block));
    OPENSSL_cleanse(block, sizeof(block));
}

void hash_mac_init(struct hash_mac *m, const void *key, size_t key_bytes)
{
    uint8_t block[SHA256_CBLOCK] = {0};
    if (key_bytes > sizeof(block)) {
        if (!SHA256(key, key_bytes, block))
            abort();
    } else {
        memcpy(block, key, key_bytes);
    }
    start_pass(&m->inner, block, 0x36);
    start_pass(&m->outer, block, 0x5c);
    OPENSSL_cleanse(block, sizeof(block));
}

void hash_mac_release(struct hash_mac *m)
{
    OPENSSL_cleanse(m, sizeof(*m));
}

void hash_mac(const struct hash_mac *m, const void *data, size_t bytes,
              uint8_t ret[TOKEN_BYTES])
{
    uint8_t full[SHA256_DIGEST_LENGTH];
    SHA256_CTX inner = m->inner, outer = m->outer;
    SHA256_Update(&inner, data, bytes);
    SHA256_Final(full, &inner);
    SHA256_Update(&outer, full, sizeof(full));
    SHA256_Final(full, &outer);
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
