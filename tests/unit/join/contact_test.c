// SPDX-License-Identifier: MIT
/* The contact file: writing, reading, and invalid files. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "common/join/contact.h"
#include "common/sys/secure_file.h"
#include "server/access/contact_file.h"
#include "tests/lib/scratch.h"

static struct contact contact;

static void what_matters_is_found_wherever_it_stands(void **state)
{
    (void)state;
    assert_int_equal(
        contact_parse("{\"addr\":\"127.0.0.1\",\"port\":31415,\"pid\":7}", &contact),
        0);
    assert_string_equal(contact.host, "127.0.0.1");
    assert_string_equal(contact.port, "31415");
    assert_string_equal(contact.join, "");
    assert_string_equal(contact.operator_join, "");
    assert_int_equal(contact_parse("{ \"version\" : \"0.1\",\n \"port\" : 9 ,\n"
                                   " \"operator_join\": \"b\", \"join\": \"a\",\n"
                                   " \"addr\" : \"::1\" }\n",
                                   &contact),
                     0);
    assert_string_equal(contact.host, "::1");
    assert_string_equal(contact.port, "9");
    assert_string_equal(contact.join, "a");
    assert_string_equal(contact.operator_join, "b");
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
        "{\"addr\":\"127.0.0.1\",\"port\":31415.5}",
        "{\"addr\":\"127.0.0.1\",\"port\"",
        "{\"addr\":\"127.0.0.1\",\"port\":31415} and more",
        "{\"addr\":\"127.0.0.1\",\"port\":31415,\"port\":31416}",
        "{\"addr\":\"127.0.0.1\\u0000\",\"port\":31415}",
        "[\"addr\",\"127.0.0.1\",\"port\",31415]",
        "{\"addr\":\"127.0.0.1\",\"port\":31415,\"join\":1}",
        "{\"addr\":\"127.0.0.1\",\"port\":31415,\"join\":\"pi1.",
        "{\"addr\":\"127.0.0.1\",\"port\":31415,\"operator_join\":\"a\\nb\"}",
        "{\"addr\":\"127.0.0.1\",\"port\":31415,\"join\":\"a b\"}",
        "{\"addr\":\"127.0.0.1\",\"port\":31415,\"join\":\"a\\u007fb\"}",
        "{\"addr\":\"other\",\"port\":1,\"join\":\"other\",\"operator_join\":1}",
    };
    assert_int_equal(contact_parse("{\"addr\":\"kept\",\"port\":65535}", &contact), 0);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(contact_parse(bad[i], &contact), -EBADMSG);
    assert_string_equal(contact.host, "kept"); /* as it was before */
    assert_string_equal(contact.port, "65535");
    assert_string_equal(contact.join, "");
}

static void an_address_and_a_join_string_have_to_fit(void **state)
{
    (void)state;
    char text[CONTACT_BYTES], host[sizeof(contact.host)], join[JOIN_TEXT_BYTES];
    memset(host, 'h', sizeof(host) - 1);
    memset(join, 'j', sizeof(join) - 1);
    host[sizeof(host) - 1] = join[sizeof(join) - 1] = '\0';
    snprintf(text, sizeof(text), "{\"addr\":\"%s\",\"port\":1,\"join\":\"%s\"}", host,
             join);
    assert_int_equal(contact_parse(text, &contact), 0);
    assert_string_equal(contact.host, host);
    assert_string_equal(contact.join, join);
    snprintf(text, sizeof(text), "{\"addr\":\"%sh\",\"port\":1}", host);
    assert_int_equal(contact_parse(text, &contact), -EBADMSG);
    snprintf(text, sizeof(text), "{\"addr\":\"h\",\"port\":1,\"join\":\"%sj\"}", join);
    assert_int_equal(contact_parse(text, &contact), -EBADMSG);
}

/* In the place of the C library's: how often it wipes what holds a token. */
static const char secret[] = "pi1.a-token-that-nobody-may-find";
static int wiped;

void explicit_bzero(void *block, size_t bytes)
{
    const void *volatile before = block; /* the compiler takes it for unset */
    wiped += memmem((const void *)before, bytes, secret, sizeof(secret) - 1) != NULL;
    memset(block, 0, bytes);
    __asm__ volatile("" : : "r"(block) : "memory");
}

static void tokens_do_not_stay_in_memory(void **state)
{
    (void)state;
    char text[CONTACT_BYTES];
    snprintf(text, sizeof(text),
             "{\"addr\":\"a\",\"port\":1,\"join\":\"%s\",\"operator_join\":\"%s\"}",
             secret, secret);
    assert_int_equal(contact_parse(text, &contact), 0);
    assert_true(wiped >= 2);
    wiped = 0;
    text[strlen(text) - 1] = '?'; /* nor of what is none */
    assert_int_equal(contact_parse(text, &contact), -EBADMSG);
    assert_true(wiped >= 2);
}

static void what_picoord_writes_is_read_again(void **state)
{
    (void)state;
    char text[CONTACT_BYTES];
    struct error why;
    struct output made;
    struct stat st;
    const char *path = scratch("contact");
    assert_int_equal(contact_file_write(path, "[::1]:4000", "pi1.a", "pi1.b", &made),
                     0);
    assert_int_equal(secure_file_read_text(path, text, sizeof(text), &why), 0);
    char expected[CONTACT_BYTES];
    snprintf(expected, sizeof(expected),
             "{\"addr\":\"::1\",\"port\":4000,\"pid\":%d,\"version\":\"" PI_VERSION
             "\",\"join\":\"pi1.a\",\"operator_join\":\"pi1.b\"}\n",
             (int)getpid());
    assert_string_equal(text, expected);
    assert_int_equal(contact_parse(text, &contact), 0);
    assert_string_equal(contact.host, "::1");
    assert_string_equal(contact.port, "4000");
    assert_string_equal(contact.join, "pi1.a");
    assert_string_equal(contact.operator_join, "pi1.b");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(
        contact_file_write(scratch("none/f"), "a:1", "pi1.a", "pi1.b", &made), -ENOENT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_matters_is_found_wherever_it_stands),
        cmocka_unit_test(what_is_no_contact_file_is_refused),
        cmocka_unit_test(an_address_and_a_join_string_have_to_fit),
        cmocka_unit_test(tokens_do_not_stay_in_memory),
        TEST(what_picoord_writes_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
