// SPDX-License-Identifier: MIT
/*
 * SipHash-2-4, a keyed pseudo-random function: who does not know the key can neither
 * foresee its values nor make two inputs collide.  Aumasson, Bernstein: SipHash, a fast
 * short-input PRF (Indocrypt 2012).  Pure.
 */
#ifndef COMMON_BASE_SIPHASH_H
#define COMMON_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct sip_key {
    uint64_t k0, k1;
};

/* The key of 16 bytes: two words, little-endian. */
struct sip_key sip_key_of(const uint8_t bytes[16]);

/* Uniform in 64 bits. */
uint64_t sip_hash(const struct sip_key *key, const void *data, size_t bytes);

/* sip_hash() of the eight bytes of the word, little-endian. */
uint64_t sip_hash_word(const struct sip_key *key, uint64_t word);

#endif
