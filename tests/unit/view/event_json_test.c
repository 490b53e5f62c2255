// SPDX-License-Identifier: MIT
/*
 * Server-sent events, byte for byte: one of each shape.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/base/base.h"
#include "common/base/format.h"
#include "server/view/event_json.h"

#define EVENT(TYPE, ...)                                                               \
    {                                                                                  \
        .type = EFFECT_EVENT, .event = {.type = (TYPE), __VA_ARGS__ }                  \
    }

static const struct {
    struct effect effect;
    const char *text; /* up to time_ms */
} golden[] = {
    {EVENT(EVENT_WORKER_JOINED, .arrival = {"lab-03", "10.0.0.7:51544", 4, 2}),
     "event: worker\ndata: {\"what\":\"worker_joined\",\"job\":\"\",\"name\":\"\","
     "\"worker\":\"lab-03\",\"reason\":\"\",\"program\":\"\",\"first\":\"0\","
     "\"trials\":\"0\","
     "\"ranges\":2,\"threads\":4,\"connections\":0,\"late_ms\":\"0\","},
    {EVENT(EVENT_WORKER_BANNED, .departure = {"a\"b\\c", "wrong results", 1000, 2}),
     "event: worker\ndata: {\"what\":\"worker_excluded\",\"job\":\"\",\"name\":\"\","
     "\"worker\":\"a\\\"b\\\\c\",\"reason\":\"wrong "
     "results\",\"program\":\"\",\"first\":\"0\","
     "\"trials\":\"1000\",\"ranges\":2,\"threads\":0,\"connections\":0,"
     "\"late_ms\":\"0\","},
    {EVENT(EVENT_WORKER_EXCLUDED, .excluded = {"lab-03", "buffon", "wrong"}),
     "event: worker\ndata: {\"what\":\"program_excluded\",\"job\":\"\",\"name\":\"\","
     "\"worker\":\"lab-03\",\"reason\":\"wrong\",\"program\":\"buffon\",\"first\":"
     "\"0\","
     "\"trials\":\"0\",\"ranges\":0,\"threads\":0,\"connections\":0,"
     "\"late_ms\":\"0\","},
    {EVENT(EVENT_WORKER_TRUSTED, .named = {"lab-03", 7}),
     "event: worker\ndata: {\"what\":\"worker_trusted\",\"job\":\"\",\"name\":\"\","
     "\"worker\":\"lab-03\",\"reason\":\"\",\"program\":\"\",\"first\":\"0\","
     "\"trials\":\"0\","
     "\"ranges\":0,\"threads\":0,\"connections\":0,\"late_ms\":\"0\","},
    {EVENT(EVENT_LEASE_EXPIRED, .expired = {"lab-03", UINT64_MAX, UINT32_MAX, 3}),
     "event: ranges\ndata: {\"what\":\"lease_expired\",\"job\":\"\",\"name\":\"\","
     "\"worker\":\"lab-03\",\"reason\":\"\",\"program\":\"\",\"first\":\"0\","
     "\"trials\":\"18446744073709551615\",\"ranges\":4294967295,\"threads\":0,"
     "\"connections\":0,\"late_ms\":\"0\","},
    {EVENT(EVENT_SPECULATED, .lease = {"lab-04", 7, 65536, 1000}),
     "event: ranges\ndata: {\"what\":\"lease_doubled\",\"job\":\"j-7\",\"name\":\"\","
     "\"worker\":\"lab-04\",\"reason\":\"\",\"program\":\"\",\"first\":\"65536\","
     "\"trials\":\"1000\","
     "\"ranges\":0,\"threads\":0,\"connections\":0,\"late_ms\":\"0\","},
    {EVENT(EVENT_JOB_DONE, .job = {"night run", 12, 2097152}),
     "event: job\ndata: {\"what\":\"job_done\",\"job\":\"j-12\","
     "\"name\":\"night "
     "run\",\"worker\":\"\",\"reason\":\"\",\"program\":\"\",\"first\":\"0\","
     "\"trials\":\"2097152\",\"ranges\":0,\"threads\":0,\"connections\":0,"
     "\"late_ms\":\"0\","},
    {EVENT(EVENT_STORE_FULL, .store = {"the disk is full"}),
     "event: coordinator\ndata: {\"what\":\"store_full\",\"job\":\"\",\"name\":\"\","
     "\"worker\":\"\",\"reason\":\"the disk is full\",\"program\":\"\",\"first\":\"0\","
     "\"trials\":\"0\",\"ranges\":0,\"threads\":0,\"connections\":0,"
     "\"late_ms\":\"0\","},
    {EVENT(EVENT_STORE_RECOVERED, .late_ms = 0),
     "event: coordinator\ndata: {\"what\":\"store_recovered\",\"job\":\"\","
     "\"name\":\"\",\"worker\":\"\",\"reason\":\"\",\"program\":\"\",\"first\":\"0\","
     "\"trials\":\"0\","
     "\"ranges\":0,\"threads\":0,\"connections\":0,\"late_ms\":\"0\","},
    {EVENT(EVENT_TOKEN_ROTATED, .rotation = {ROLE_WORKER, 17}),
     "event: coordinator\ndata: {\"what\":\"token_rotated\",\"job\":\"\",\"name\":\"\","
     "\"worker\":\"\",\"reason\":\"worker\",\"program\":\"\",\"first\":\"0\","
     "\"trials\":\"0\","
     "\"ranges\":0,\"threads\":0,\"connections\":17,\"late_ms\":\"0\","},
    {EVENT(EVENT_CLOCK_LATE, .late_ms = 61500),
     "event: coordinator\ndata: {\"what\":\"clock_late\",\"job\":\"\",\"name\":\"\","
     "\"worker\":\"\",\"reason\":\"\",\"program\":\"\",\"first\":\"0\",\"trials\":"
     "\"0\","
     "\"ranges\":0,\"threads\":0,\"connections\":0,\"late_ms\":\"61500\","},
    {EVENT(EVENT_DOUBT, .doubt = {"night", 7, 65536}),
     "event: job\ndata: {\"what\":\"job_in_doubt\",\"job\":\"j-7\",\"name\":\"night\","
     "\"worker\":\"\",\"reason\":\"\",\"program\":\"\",\"first\":\"0\",\"trials\":"
     "\"65536\","
     "\"ranges\":0,\"threads\":0,\"connections\":0,\"late_ms\":\"0\","},
    {{.type = EFFECT_REVOKE, .revoke = {7, 99, 1000, 785}},
     "event: ranges\ndata: {\"what\":\"results_revoked\",\"job\":\"j-7\","
     "\"name\":\"\",\"worker\":\"\",\"reason\":\"\",\"program\":\"\",\"first\":\"0\","
     "\"trials\":\"1000\",\"ranges\":0,\"threads\":0,\"connections\":0,"
     "\"late_ms\":\"0\","},
};

static void check_event(const struct effect *e, const char *expected)
{
    static const char key[] = "\"time_ms\":\"";
    char *text = NULL, tail[128], when[FORMAT_MAX];
    size_t n, head = strlen(expected);
    FILE *out = open_memstream(&text, &n);
    event_json_write(out, e);
    assert_int_equal(fclose(out), 0);
    assert_true(n > head + strlen(key));
    int64_t ms = strtoll(text + head + strlen(key), NULL, 10);
    snprintf(tail, sizeof(tail), "%s%" PRId64 "\",\"time\":\"%s\"}\n\n", key, ms,
             format_time(when, sizeof(when), ms));
    assert_string_equal(text + head, tail);
    assert_true(ms / 1000 >= time(NULL) - 60 && ms / 1000 <= time(NULL) + 60);
    text[head] = '\0';
    assert_string_equal(text, expected);
    free(text);
}

static void every_shape_is_as_documented(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(golden); i++)
        check_event(&golden[i].effect, golden[i].text);
}

static void an_address_is_not_shown(void **state)
{
    const struct effect refused =
        EVENT(EVENT_PEER_REFUSED, .refused = {"10.9.9.9", "wrong token", 0});
    const struct effect send = {.type = EFFECT_SEND};
    (void)state;
    assert_false(event_json_has(&refused));
    assert_false(event_json_has(&send));
    for (size_t i = 0; i < ARRAY_SIZE(golden); i++)
        assert_true(event_json_has(&golden[i].effect));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_is_as_documented),
        cmocka_unit_test(an_address_is_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
