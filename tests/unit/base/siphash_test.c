// SPDX-License-Identifier: MIT
/*
 * SipHash-2-4 against OpenSSL's, for every length up to four blocks and random keys.
 */
#include "tests/lib/seeded.h"

#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/base/siphash.h"

enum { LONGEST = 40, KEYS = 50 };

static uint64_t of_openssl(EVP_MAC *mac, const uint8_t key[16], const uint8_t *data,
                           size_t bytes)
{
    unsigned size = 8;
    uint8_t out[8];
    size_t n = 0;
    uint64_t word = 0;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_uint("size", &size),
                           OSSL_PARAM_construct_end()};
    EVP_MAC_CTX *c = EVP_MAC_CTX_new(mac);
    assert_non_null(c);
    assert_int_equal(EVP_MAC_init(c, key, 16, params), 1);
    assert_int_equal(EVP_MAC_update(c, data, bytes), 1);
    assert_int_equal(EVP_MAC_final(c, out, &n, sizeof(out)), 1);
    assert_int_equal(n, sizeof(out));
    EVP_MAC_CTX_free(c);
    for (size_t i = sizeof(out); i-- > 0;)
        word = word << 8 | out[i];
    return word;
}

static void it_is_what_openssl_computes(void **state)
{
    (void)state;
    struct rng rng = seeded(1);
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    assert_non_null(mac);
    for (int k = 0; k < KEYS; k++) {
        uint8_t key[16], data[LONGEST];
        for (size_t i = 0; i < sizeof(key); i++)
            key[i] = (uint8_t)rng_next(&rng);
        for (size_t i = 0; i < sizeof(data); i++)
            data[i] = (uint8_t)rng_next(&rng);
        struct sip_key ours = sip_key_of(key);
        for (size_t n = 0; n <= LONGEST; n++)
            HOLDS(sip_hash(&ours, data, n) == of_openssl(mac, key, data, n));
    }
    EVP_MAC_free(mac);
}

static void a_word_is_its_eight_bytes(void **state)
{
    (void)state;
    struct rng rng = seeded(2);
    for (int i = 0; i < 1000; i++) {
        struct sip_key key = {rng_next(&rng), rng_next(&rng)};
        uint64_t word = rng_next(&rng);
        uint8_t bytes[8];
        for (size_t b = 0; b < 8; b++)
            bytes[b] = (uint8_t)(word >> (8 * b));
        HOLDS(sip_hash_word(&key, word) == sip_hash(&key, bytes, sizeof(bytes)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_what_openssl_computes),
        cmocka_unit_test(a_word_is_its_eight_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
