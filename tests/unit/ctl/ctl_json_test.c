// SPDX-License-Identifier: MIT
/* What pictl version, doctor and verify print with --json, to the letter. */
#include <stdio.h>
#include <string.h>

#include "tests/lib/ctl_stage.h"
#include "tests/lib/scratch.h"

static void stay(struct stage *s, int fd)
{
    stage_drain(s, fd, 1);
}

static void refuse(struct stage *s, int fd)
{
    struct msg hello;
    struct msg m = {.type = MSG_REFUSAL,
                    .refusal = {.code = REFUSAL_TOKEN,
                                .sentence = "wrong \"token\"",
                                .hint = "run 'pictl token show'",
                                .protocol_min = 1,
                                .protocol_max = 1}};
    if (stage_read(s, fd, &hello))
        stage_send(s, fd, &m);
    stage_drain(s, fd, 1);
}

static void a_version_of_both(void **state)
{
    (void)state;
    static const struct scene scene = {false, stay};
    struct stage stage;
    struct said said;
    stage_open(&stage, &scene, 1);
    pictl(&said, stage.address, "version --json");
    stage_close(&stage);
    assert_string_equal(said.out, "{\"pictl\":\"" PI_VERSION
                                  "\",\"coordinator\":\"0.1.0\",\"protocol\":1}\n");
    pictl(&said, stage.address, "version --json"); /* nobody listens any more */
    assert_string_equal(said.out, "{\"pictl\":\"" PI_VERSION
                                  "\",\"coordinator\":\"\",\"protocol\":0}\n");
}

static void the_findings_of_a_doctor(void **state)
{
    (void)state;
    static const struct scene scene = {true, refuse};
    struct stage stage;
    struct said said;
    char expected[1024];
    stage_open(&stage, &scene, 1);
    pictl(&said, stage.address, "doctor --json");
    stage_close(&stage);
    snprintf(expected, sizeof(expected),
             "{\"name\":{\"state\":\"ok\",\"text\":\"127.0.0.1\",\"hint\":\"\"},"
             "\"port\":{\"state\":\"ok\",\"text\":\"%s takes connections\","
             "\"hint\":\"\"},"
             "\"protocol\":{\"state\":\"ok\",\"text\":\"it answers\",\"hint\":\"\"},"
             "\"token\":{\"state\":\"wrong\",\"text\":\"wrong \\\"token\\\"\","
             "\"hint\":\"run 'pictl token show'\"},"
             "\"clock\":{\"state\":\"-\",\"text\":\"\",\"hint\":\"\"},"
             "\"fds\":{\"state\":\"-\",\"text\":\"\",\"hint\":\"\"}}\n",
             stage.address);
    assert_string_equal(said.out, expected);
}

#define LEDGER                                                                         \
    "{\"job\":{\"id\":\"j-3\",\"state\":\"done\",\"seed\":\"42\",\"trials\":\"300\","  \
    "\"done\":\"300\",\"hits\":\"239\",\"uid\":\"00000000000000000000000000000000\"}," \
    "\"first\":[0,100,200],\"count\":[100,100,100],\"done\":[100,100,100],"            \
    "\"hits\":[77,81,81]}"

static void what_a_verification_found(void **state)
{
    (void)state;
    struct said said;
    char args[200];
    scratch_write(scratch("ledger"), LEDGER, 0600);
    snprintf(args, sizeof(args), "verify %s --all --json", scratch("ledger"));
    pictl(&said, "127.0.0.1:1", args);
    assert_string_equal(
        said.out,
        "{\"job\":\"j-3\",\"cells\":3,\"complete\":3,\"checked\":3,\"wrong\":2,"
        "\"trials\":\"300\",\"bound\":0,\"different\":["
        "{\"first\":\"100\",\"count\":\"100\",\"hits\":\"81\",\"here\":\"84\"},"
        "{\"first\":\"200\",\"count\":\"100\",\"hits\":\"81\",\"here\":\"79\"}]}\n");
    snprintf(args, sizeof(args), "verify %s --sample 2 --sample-seed 1 --json",
             scratch("ledger"));
    pictl(&said, "127.0.0.1:1", args);
    assert_non_null(strstr(said.out, "\"checked\":2,\"wrong\":2,\"trials\":\"200\","
                                     "\"bound\":0.7764,\"different\":[{"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_of_both),
        cmocka_unit_test(the_findings_of_a_doctor),
        TEST(what_a_verification_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
