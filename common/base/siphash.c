// SPDX-License-Identifier: MIT
#include "common/base/siphash.h"

struct state {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static void rounds(struct state *s, unsigned n)
{
    while (n-- > 0) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 = rotate(s->v0, 32) + s->v3;
        s->v2 += s->v1;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v2 = rotate(s->v2, 32);
    }
}

static void compress(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    rounds(s, 2);
    s->v0 ^= word;
}

static struct state begin(const struct sip_key *key)
{
    return (struct state){
        key->k0 ^ UINT64_C(0x736f6d6570736575), key->k1 ^ UINT64_C(0x646f72616e646f6d),
        key->k0 ^ UINT64_C(0x6c7967656e657261), key->k1 ^ UINT64_C(0x7465646279746573)};
}

static uint64_t finish(struct state *s)
{
    s->v2 ^= 0xff;
    rounds(s, 4);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* At most eight bytes, the first in the lowest byte of the word. */
static uint64_t word_of(const uint8_t *bytes, size_t n)
{
    uint64_t word = 0;
    while (n-- > 0)
        word = word << 8 | bytes[n];
    return word;
}

struct sip_key sip_key_of(const uint8_t bytes[16])
{
    return (struct sip_key){word_of(bytes, 8), word_of(bytes + 8, 8)};
}

uint64_t sip_hash(const struct sip_key *key, const void *data, size_t bytes)
{
    const uint8_t *at = data;
    struct state s = begin(key);
    size_t left = bytes;
    for (; left >= 8; at += 8, left -= 8)
        compress(&s, word_of(at, 8));
    compress(&s, word_of(at, left) | (uint64_t)bytes << 56);
    return finish(&s);
}

uint64_t sip_hash_word(const struct sip_key *key, uint64_t word)
{
    struct state s = begin(key);
    compress(&s, word);
    compress(&s, UINT64_C(8) << 56);
    return finish(&s);
}
