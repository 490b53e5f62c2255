// SPDX-License-Identifier: MIT
/* The hashes of tokens and ids, against the known answers of RFC 4231 and FIPS 180. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/sys/hash.h"

/* `count` bytes of value `fill`. */
struct run {
    uint8_t bytes[160];
    size_t n;
};

static struct run run_of(int fill, size_t count)
{
    struct run r = {.n = count};
    memset(r.bytes, fill, count);
    return r;
}

static struct run text_of(const char *text)
{
    struct run r = {.n = strlen(text)};
    memcpy(r.bytes, text, r.n);
    return r;
}

static void expect_mac(struct run key, struct run data, const char *expected_hex)
{
    struct hash_mac m;
    uint8_t mac[TOKEN_BYTES];
    char hex[2 * TOKEN_BYTES + 1];
    hash_mac_init(&m, key.bytes, key.n);
    hash_mac(&m, data.bytes, data.n, mac);
    for (size_t i = 0; i < TOKEN_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", mac[i]);
    assert_string_equal(hex, expected_hex);
    hash_mac_release(&m);
}

/* RFC 4231, 4.2 to 4.8, each cut to 128 bits as 4.6 does it. */
static void macs_are_those_of_rfc_4231(void **state)
{
    (void)state;
    struct run counting = {.n = 25};
    for (uint8_t i = 0; i < 25; i++)
        counting.bytes[i] = (uint8_t)(i + 1);
    expect_mac(run_of(0x0b, 20), text_of("Hi There"),
               "b0344c61d8db38535ca8afceaf0bf12b");
    expect_mac(text_of("Jefe"), text_of("what do ya want for nothing?"),
               "5bdcc146bf60754e6a042426089575c7");
    expect_mac(run_of(0xaa, 20), run_of(0xdd, 50), "773ea91e36800e46854db8ebd09181a7");
    expect_mac(counting, run_of(0xcd, 50), "82558a389a443c0ea4cc819899f2083a");
    expect_mac(run_of(0x0c, 20), text_of("Test With Truncation"),
               "a3b6167473100ee06e0c796c2955552b");
    expect_mac(run_of(0xaa, 131),
               text_of("Test Using Larger Than Block-Size Key - Hash Key First"),
               "60e431591ee0b67f0d8a26aacbf5b77f");
    expect_mac(run_of(0xaa, 131),
               text_of("This is a test using a larger than block-size key and a larger "
                       "than block-size data. The key needs to be hashed before being "
                       "used by the HMAC algorithm."),
               "9b09ffa71b942fcb27635fbcd5b0e944");
}

static void one_context_makes_many_macs(void **state)
{
    (void)state;
    struct hash_mac m;
    uint8_t first[TOKEN_BYTES], other[TOKEN_BYTES], again[TOKEN_BYTES];
    hash_mac_init(&m, "key", 3);
    hash_mac(&m, "a", 1, first);
    hash_mac(&m, "b", 1, other);
    hash_mac(&m, "a", 1, again);
    assert_memory_equal(first, again, TOKEN_BYTES);
    assert_memory_not_equal(first, other, TOKEN_BYTES);
    hash_mac_release(&m);
    hash_mac_release(&m);
}

static void a_worker_id_is_the_start_of_the_hash_of_its_secret(void **state)
{
    (void)state;
    const uint8_t zeros[UID_BYTES] = {0};
    /* head -c16 /dev/zero | sha256sum */
    assert_true(hash_worker_id(zeros) == UINT64_C(0x374708fff7719dd5));
    assert_true(hash_worker_id((const uint8_t *)"0123456789abcdef") ==
                UINT64_C(0x9f9f5111f7b27a78));
}

/* The kernel may give fewer bytes than it was asked for, or be interrupted. */
static size_t at_most = SIZE_MAX;
static unsigned interruptions;

ssize_t getrandom(void *to, size_t bytes, unsigned flags)
{
    if (interruptions > 0) {
        interruptions--;
        errno = EINTR;
        return -1;
    }
    return syscall(SYS_getrandom, to, bytes < at_most ? bytes : at_most, flags);
}

static void random_bytes_fill_the_whole_and_no_more(void **state)
{
    (void)state;
    uint8_t bytes[1002], seen[256] = {0};
    memset(bytes, 0, sizeof(bytes));
    hash_random(bytes + 1, 1000);
    assert_int_equal(bytes[0], 0);
    assert_int_equal(bytes[1001], 0);
    size_t values = 0, zeros_at_end = 0;
    for (size_t i = 1; i <= 1000; i++) {
        values += seen[bytes[i]]++ == 0;
        zeros_at_end = bytes[i] ? 0 : zeros_at_end + 1;
    }
    assert_true(values > 200);      /* 250 expected; fewer is one in 10^40 */
    assert_true(zeros_at_end < 16); /* one in 2^128 */
}

static void random_bytes_may_come_a_few_at_a_time(void **state)
{
    (void)state;
    uint8_t bytes[101] = {0};
    size_t zeros = 0;
    at_most = 7;
    interruptions = 2;
    hash_random(bytes, 100);
    at_most = SIZE_MAX;
    assert_int_equal(interruptions, 0);
    for (size_t i = 0; i < 100; i++)
        zeros += bytes[i] == 0;
    assert_true(zeros < 20); /* 0.4 expected; more is one in 10^27 */
    assert_int_equal(bytes[100], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macs_are_those_of_rfc_4231),
        cmocka_unit_test(one_context_makes_many_macs),
        cmocka_unit_test(a_worker_id_is_the_start_of_the_hash_of_its_secret),
        cmocka_unit_test(random_bytes_fill_the_whole_and_no_more),
        cmocka_unit_test(random_bytes_may_come_a_few_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
