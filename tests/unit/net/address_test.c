// SPDX-License-Identifier: MIT
/* Addresses: as text, loopback or not, and their origins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include <uv.h>

#include "common/net/address.h"

static struct sockaddr_storage address(const char *text)
{
    struct sockaddr_storage a = {0};
    if (uv_ip4_addr(text, 31415, (struct sockaddr_in *)&a) < 0)
        assert_int_equal(uv_ip6_addr(text, 31415, (struct sockaddr_in6 *)&a), 0);
    return a;
}

static void addresses_are_split(void **state)
{
    static const struct {
        const char *text, *host, *port;
    } good[] = {
        {"lab-1", "lab-1", "31415"},
        {"lab-1:80", "lab-1", "80"},
        {"[::1]:9", "::1", "9"},
        {"[::1]", "::1", "31415"},
        {"::1", "::1", "31415"},
        {"127.0.0.1:0", "127.0.0.1", "0"},
        {"a.b.example:65535", "a.b.example", "65535"},
    };
    static const char *bad[] = {"",     ":80",     "a:",  "a:65536",  "a:-1", "a:1x",
                                "[::1", "[::1]80", "a b", "a:123456", "[]:1"};
    char host[256], port[6];
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_int_equal(address_split(good[i].text, host, port), 0);
        assert_string_equal(host, good[i].host);
        assert_string_equal(port, good[i].port);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(address_split(bad[i], host, port), -EINVAL);
}

static void only_this_machine_is_loopback(void **state)
{
    static const struct {
        const char *text;
        bool loopback;
    } all[] = {{"127.0.0.1", true},
               {"127.9.9.9", true},
               {"128.0.0.1", false},
               {"0.0.0.0", false},
               {"::1", true},
               {"::", false},
               {"::ffff:127.0.0.1", true},
               {"::ffff:10.0.0.1", false},
               {"fe80::1", false}};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        struct sockaddr_storage a = address(all[i].text);
        assert_int_equal(address_is_loopback((struct sockaddr *)&a), all[i].loopback);
    }
}

static void a_port_is_digits_up_to_65535(void **state)
{
    static const char *bad[] = {"", "-1", "+1", " 1", "1 ", "0x1", "65536", "000001"};
    char port[6];
    (void)state;
    assert_int_equal(address_port("65535", port), 0);
    assert_string_equal(port, "65535");
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(address_port(bad[i], port), -EINVAL);
}

static void the_text_can_be_dialled(void **state)
{
    static const char *texts[][2] = {{"127.0.0.1", "127.0.0.1:31415"},
                                     {"fe80::1", "[fe80::1]:31415"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        char text[ADDRESS_BYTES], host[256], port[6];
        struct sockaddr_storage a = address(texts[i][0]);
        address_text((struct sockaddr *)&a, text);
        assert_string_equal(text, texts[i][1]);
        assert_int_equal(address_split(text, host, port), 0);
        assert_string_equal(host, texts[i][0]);
    }
}

static uint64_t origin(const char *text)
{
    struct sockaddr_storage a = address(text);
    return address_origin((struct sockaddr *)&a);
}

static void an_origin_is_an_ipv4_address_or_a_network_of_ipv6(void **state)
{
    (void)state;
    assert_int_equal(origin("10.0.0.1"), origin("::ffff:10.0.0.1"));
    assert_int_not_equal(origin("10.0.0.1"), origin("10.0.0.2"));
    assert_int_equal(origin("2001:db8::1"), origin("2001:db8::ffff"));
    assert_int_not_equal(origin("2001:db8::1"), origin("2001:db8:0:1::1"));
    assert_int_not_equal(origin("::1"), 0);
    assert_int_not_equal(origin("0.0.0.0"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_split),
        cmocka_unit_test(only_this_machine_is_loopback),
        cmocka_unit_test(a_port_is_digits_up_to_65535),
        cmocka_unit_test(the_text_can_be_dialled),
        cmocka_unit_test(an_origin_is_an_ipv4_address_or_a_network_of_ipv6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
