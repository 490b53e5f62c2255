// SPDX-License-Identifier: MIT
/* The contact file: what is read of it, and what is no contact file. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/contact.h"

static char host[256], port[6];

static void host_and_port_are_found_wherever_they_stand(void **state)
{
    (void)state;
    assert_int_equal(
        contact_parse("{\"addr\":\"127.0.0.1\",\"port\":31415,\"pid\":7}", host, port),
        0);
    assert_string_equal(host, "127.0.0.1");
    assert_string_equal(port, "31415");
    assert_int_equal(contact_parse("{ \"version\" : \"0.1\",\n \"port\" : 9 ,\n"
                                   " \"addr\" : \"::1\" }\n",
                                   host, port),
                     0);
    assert_string_equal(host, "::1");
    assert_string_equal(port, "9");
}

static void what_is_no_contact_file_is_refused(void **state)
{
    (void)state;
    const char *const bad[] = {
        "",
        "{}",
        "{\"addr\":\"127.0.0.1\"}",
        "{\"port\":31415}",
        "{\"addr\":\"\",\"port\":31415}",
        "{\"addr\":\"127.0.0.1\",\"port\":\"31415\"}",
        "{\"addr\":\"127.0.0.1\",\"port\":0}",
        "{\"addr\":\"127.0.0.1\",\"port\":65536}",
        "{\"addr\":\"127.0.0.1\",\"port\":314159}",
        "{\"addr\":\"127.0.0.1\",\"port\":-1}",
        "{\"addr\":127,\"port\":31415}",
        "{\"addr\":\"127.0.0.1\",\"port\"",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(contact_parse(bad[i], host, port), -EBADMSG);
}

static void a_file_that_is_not_there_is_told_from_a_bad_one(void **state)
{
    (void)state;
    assert_int_equal(contact_read("/nonexistent/pi.contact", host, port), -ENOENT);
    assert_int_equal(contact_read("/dev/null", host, port), -EBADMSG);
    assert_int_equal(contact_read("/", host, port), -EISDIR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_and_port_are_found_wherever_they_stand),
        cmocka_unit_test(what_is_no_contact_file_is_refused),
        cmocka_unit_test(a_file_that_is_not_there_is_told_from_a_bad_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
