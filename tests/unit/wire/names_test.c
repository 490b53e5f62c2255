// SPDX-License-Identifier: MIT
/* The names of states and of jobs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/base.h"
#include "common/wire/names.h"

static void a_job_is_named_by_its_number(void **state)
{
    (void)state;
    assert_int_equal(job_number("j-17"), 17);
    assert_int_equal(job_number("17"), 17);
    assert_int_equal(job_number("j17"), 17);
    assert_int_equal(job_number("J-17"), 17);
    assert_int_equal(job_number("J17"), 17);
    assert_true(job_number("18446744073709551615") == UINT64_MAX);
    static const char *const none[] = {"",
                                       "j-",
                                       "j-0",
                                       "0",
                                       "-1",
                                       "17 ",
                                       " 17",
                                       "j-17x",
                                       "j-j-1",
                                       "+1",
                                       "0x11",
                                       "1e3",
                                       "j--1",
                                       "18446744073709551616",
                                       "99999999999999999999999"};
    for (size_t i = 0; i < ARRAY_SIZE(none); i++)
        assert_int_equal(job_number(none[i]), 0);
}

static void a_name_that_reads_like_an_id_is_told_from_others(void **state)
{
    (void)state;
    static const char *const ids[] = {
        "7", "0", "j-7", "j7", "J-7", "J7", "j-0", "18446744073709551616", "007"};
    static const char *const names[] = {"",   "j",    "j-",     "J",   "lecture",
                                        "7a", "j-7a", "jj7",    "j.7", "-7",
                                        "k7", "j--7", "1e6.j-7"};
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
        assert_true(job_id_like(ids[i]));
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_false(job_id_like(names[i]));
}

static void every_state_has_a_word_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(job_state_name(JOB_QUEUED), "queued");
    assert_string_equal(job_state_name(JOB_RUNNING), "running");
    assert_string_equal(job_state_name(JOB_PAUSED), "paused");
    assert_string_equal(job_state_name(JOB_DONE), "done");
    assert_string_equal(job_state_name(JOB_CANCELLED), "cancelled");
    assert_string_equal(job_state_name(JOB_FAILED), "failed");
    assert_string_equal(worker_state_name(WORKER_IDLE), "idle");
    assert_string_equal(worker_state_name(WORKER_BUSY), "busy");
    assert_string_equal(worker_state_name(WORKER_DRAINING), "draining");
    assert_string_equal(worker_state_name(WORKER_SILENT), "silent");
    assert_string_equal(worker_state_name(WORKER_LOST), "lost");
    assert_string_equal(worker_state_name(WORKER_LEFT), "left");
    assert_string_equal(coord_state_name(COORD_READY), "ready");
    assert_string_equal(coord_state_name(COORD_DRAINING), "draining");
    assert_string_equal(coord_state_name(COORD_DEGRADED), "degraded");
    assert_string_equal(worker_trust_name(TRUST_PROBATION), "probation");
    assert_string_equal(worker_trust_name(TRUST_SAMPLED), "sampled");
    assert_string_equal(worker_trust_name(TRUST_FULL), "full");
    assert_string_equal(trusted_as_name(TRUSTED_NOT), "");
    assert_string_equal(trusted_as_name(TRUSTED_SPAWNED), "spawned");
    assert_string_equal(trusted_as_name(TRUSTED_LOCAL), "local");
    assert_string_equal(trusted_as_name(TRUSTED_NAMED), "named");
    assert_string_equal(worker_removed_name(REMOVED_NOT), "");
    assert_string_equal(worker_removed_name(REMOVED_KICKED), "kicked");
    assert_string_equal(worker_removed_name(REMOVED_BANNED), "banned");
    assert_string_equal(audit_policy_name(AUDIT_ADAPTIVE), "adaptive");
    assert_string_equal(audit_policy_name(AUDIT_ALL), "all");
    assert_string_equal(audit_policy_name(AUDIT_NONE), "none");
}

static void protocols_are_one_or_from_one_to_another(void **state)
{
    char text[PROTOCOLS_TEXT_BYTES];
    (void)state;
    assert_string_equal(protocols_text(text, 1, 1), "1");
    assert_string_equal(protocols_text(text, 2, 11), "2 to 11");
    assert_string_equal(protocols_text(text, UINT32_MAX - 1, UINT32_MAX),
                        "4294967294 to 4294967295");
}

static void an_id_has_sixteen_digits_of_hexadecimal(void **state)
{
    (void)state;
    static const char *const none[] = {"",
                                       "b7918e7615edfc5",
                                       "b7918e7615edfc530",
                                       "b7918e7615edfc5g",
                                       "0xb7918e7615edfc",
                                       " b7918e7615edfc5",
                                       "b7918e76-5edfc53"};
    uint64_t id = 3;
    for (size_t i = 0; i < ARRAY_SIZE(none); i++)
        assert_false(worker_id_of(none[i], &id));
    assert_true(id == 3);
    assert_true(worker_id_of("b7918e7615edfc53", &id));
    assert_true(id == UINT64_C(0xb7918e7615edfc53));
    assert_true(worker_id_of("0123456789ABCDEF", &id));
    assert_true(id == UINT64_C(0x0123456789abcdef));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_is_named_by_its_number),
        cmocka_unit_test(a_name_that_reads_like_an_id_is_told_from_others),
        cmocka_unit_test(every_state_has_a_word_of_its_own),
        cmocka_unit_test(protocols_are_one_or_from_one_to_another),
        cmocka_unit_test(an_id_has_sixteen_digits_of_hexadecimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
