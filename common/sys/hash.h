// SPDX-License-Identifier: MIT
/*
 * Worker ids, grant tokens and random bytes: a thin layer over OpenSSL and the
 * operating system.  Aborts when memory is out or the system's random generator fails;
 * nothing else can go wrong.
 */
#ifndef COMMON_SYS_HASH_H
#define COMMON_SYS_HASH_H

#include <openssl/sha.h>

#include "common/base/base.h"
#include "common/wire/msg.h"

/* A worker's id: the first 64 bits, big-endian, of SHA-256 of its secret. */
uint64_t hash_worker_id(const uint8_t secret[UID_BYTES]);

/* HMAC-SHA-256/128 under one key; computing a MAC allocates nothing. */
struct hash_mac {
    SHA256_CTX inner, outer; /* secret */
};

void hash_mac_init(struct hash_mac *m, const void *key, size_t key_bytes);
void hash_mac_release(struct hash_mac *m); /* erases the key */
void hash_mac(const struct hash_mac *m, const void *data, size_t bytes,
              uint8_t ret[TOKEN_BYTES]);

/* Cryptographically secure random bytes. */
void hash_random(void *ret, size_t bytes);

#endif
