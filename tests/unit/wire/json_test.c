// SPDX-License-Identifier: MIT
/*
 * Views in JSON, byte for byte; a ledger survives a round trip; and any text is either
 * parsed or refused, without harm.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/format.h"
#include "common/wire/json.h"
#include "tests/lib/msg_random.h"
#include "tests/lib/msg_text.h"

enum { FILE_BUDGET_BYTES = 1 << 20 };

/* A text that is being printed. */
struct printed {
    FILE *out;
    char *text;
    size_t size;
};

static FILE *start(struct printed *p)
{
    p->out = open_memstream(&p->text, &p->size);
    return p->out;
}

static void expect(struct printed *p, const char *expected)
{
    fclose(p->out);
    assert_string_equal(p->text, expected);
    free(p->text);
}

static void expect_within(struct printed *p, const char *expected)
{
    fclose(p->out);
    if (!strstr(p->text, expected))
        fail_msg("no %s in %s", expected, p->text);
    free(p->text);
}

static struct job_view sample_job(void)
{
    return (struct job_view){.number = 3,
                             .name = "night",
                             .state = JOB_RUNNING,
                             .reason = "say \"no\\yes\"",
                             .stalled = "turn",
                             .submitted_ms = INT64_C(951782400000),
                             .started_ms = INT64_C(1795368000123),
                             .seed = UINT64_MAX,
                             .trials = TRIALS_MAX,
                             .done = 1000,
                             .hits = 785,
                             .verified_done = 1000,
                             .verified_hits = 785,
                             .pi = 3.14,
                             .stderr_ = 0.051953825648702,
                             .ci_low = NAN,
                             .ci_high = 1.0 / 3,
                             .any_low = 0.125,
                             .any_high = NAN,
                             .rate = 3.5e9,
                             .rule = STOP_STDERR,
                             .until_stderr = 1e-6,
                             .weight = 1,
                             .elapsed_ms = 12,
                             .leased = 5,
                             .computed_again = 6,
                             .surplus = 7,
                             .doubt = "why",
                             .doubtful = 8,
                             .uid = {0xff, 1},
                             .audit = AUDIT_ALL,
                             .program = "buffon",
                             .arg = "l=2",
                             .scale = 0.5,
                             .score = true,
                             .test_known = true,
                             .test = 255};
}

#define JOB_JSON                                                                       \
    "{\"id\":\"j-3\",\"name\":\"night\",\"state\":\"running\","                        \
    "\"reason\":\"say \\\"no\\\\yes\\\"\",\"seed\":\"18446744073709551615\","          \
    "\"trials\":\"4611686018427387904\",\"done\":\"1000\",\"hits\":\"785\","           \
    "\"verified_done\":\"1000\",\"verified_hits\":\"785\",\"pi\":3.14,"                \
    "\"stderr\":0.051953825648702,\"ci_low\":null,\"ci_high\":0.3333333333333333,"     \
    "\"rate\":3500000000,\"until_stderr\":1e-06,\"for_ms\":\"0\",\"weight\":1,"        \
    "\"elapsed_ms\":\"12\",\"leased\":\"5\",\"computed_again\":\"6\","                 \
    "\"surplus\":\"7\",\"uid\":\"ff010000000000000000000000000000\","                  \
    "\"audit\":\"all\",\"doubt\":\"why\",\"doubtful\":\"8\",\"program\":\"buffon\","   \
    "\"arg\":\"l=2\",\"scale\":0.5,\"score\":true,"                                    \
    "\"program_test\":\"00000000000000ff\",\"stalled\":\"turn\","                      \
    "\"submitted_ms\":\"951782400000\",\"submitted\":\"2000-02-29T00:00:00.000Z\","    \
    "\"started_ms\":\"1795368000123\",\"started\":\"2026-11-22T17:20:00.123Z\","       \
    "\"ended_ms\":\"0\",\"ended\":null,"                                               \
    "\"any_low\":0.125,\"any_high\":null}"

static void a_job_prints_every_field(void **state)
{
    (void)state;
    struct printed p;
    struct job_view job = sample_job();
    json_job(start(&p), &job);
    expect(&p, JOB_JSON "\n");
}

static void a_list_is_an_object_with_one_array(void **state)
{
    (void)state;
    struct printed p;
    struct job_view jobs[2] = {sample_job(), sample_job()};
    json_jobs(start(&p), jobs, 2);
    expect(&p, "{\"jobs\":[" JOB_JSON "," JOB_JSON "]}\n");
    json_jobs(start(&p), NULL, 0);
    expect(&p, "{\"jobs\":[]}\n");
    json_workers(start(&p), NULL, 0);
    expect(&p, "{\"workers\":[]}\n");
    json_history(start(&p), NULL, 0);
    expect(&p, "{\"answers\":[]}\n");
}

static void a_worker_prints_every_field(void **state)
{
    (void)state;
    struct printed p;
    const struct program_view program = {.name = "x",
                                         .state = PROGRAM_FAILED,
                                         .rate = 0.5,
                                         .reason = "why",
                                         .stderr_ = "a\nb"};
    const struct worker_view worker = {.id = 0xabc,
                                       .name = "lab-03",
                                       .address = "127.0.0.1:51544",
                                       .kernel = "scalar",
                                       .version = "0.1.0",
                                       .threads = 8,
                                       .state = WORKER_BUSY,
                                       .rate = 0.1,
                                       .trials = 9,
                                       .leases = 2,
                                       .last_seen_ms = 200,
                                       .trust = TRUST_SAMPLED,
                                       .audited = 11,
                                       .audits = 1,
                                       .z = -0.5,
                                       .audit_ms = 20,
                                       .n_programs = 1,
                                       .programs = &program,
                                       .joined_ms = 1,
                                       .seen_ms = FORMAT_TIME_END - 1};
    json_workers(start(&p), &worker, 1);
    expect(&p, "{\"workers\":[{\"id\":\"0000000000000abc\",\"name\":\"lab-03\","
               "\"address\":\"127.0.0.1:51544\",\"threads\":8,\"kernel\":\"scalar\","
               "\"state\":\"busy\",\"rate\":0.1,\"trials\":\"9\","
               "\"version\":\"0.1.0\",\"leases\":2,\"last_seen_ms\":\"200\","
               "\"trust\":\"sampled\",\"audited\":\"11\",\"audits\":1,\"z\":-0.5,"
               "\"audit_ms\":\"20\",\"trusted_as\":\"\",\"removed\":\"\",\"programs\":["
               "{\"name\":\"x\",\"state\":\"failed\",\"test\":\"\",\"rate\":0.5,"
               "\"reason\":\"why\",\"stderr\":\"a\\u000ab\"}],"
               "\"joined_ms\":\"1\",\"joined\":\"1970-01-01T00:00:00.001Z\","
               "\"seen_ms\":\"253402300799999\","
               "\"seen\":\"9999-12-31T23:59:59.999Z\"}]}\n");
}

static void who_was_removed_is_shown_so(void **state)
{
    (void)state;
    struct printed p;
    struct worker_view worker = {.name = "lab",
                                 .address = "",
                                 .kernel = "",
                                 .version = "",
                                 .state = WORKER_LOST,
                                 .trust = TRUST_PROBATION,
                                 .removed = REMOVED_KICKED};
    json_workers(start(&p), &worker, 1);
    expect_within(&p, "\"state\":\"kicked\"");
    json_done(start(&p), &worker, "");
    expect_within(&p, "\"state\":\"kicked\"");
}

static void a_status_without_a_job_says_null(void **state)
{
    (void)state;
    struct printed p;
    struct status_view status = {.version = "0.1.0",
                                 .protocol = 1,
                                 .uptime_ms = 5,
                                 .state = COORD_READY,
                                 .reason = NULL,
                                 .stalled = "no_job",
                                 .workers = 1,
                                 .threads = 8,
                                 .audits = {3, 9, 4000, "more threads"}};
    json_status(start(&p), &status);
    expect(&p, "{\"version\":\"0.1.0\",\"protocol\":1,\"uptime_ms\":\"5\","
               "\"state\":\"ready\",\"reason\":\"\",\"workers\":1,\"threads\":8,"
               "\"jobs_active\":0,\"rate\":0,\"job\":null,\"time_ms\":\"0\",\"time\":"
               "null,\"connections\":0,"
               "\"fds_used\":0,\"fds_limit\":0,\"audits\":3,\"audit_trials\":\"9\","
               "\"audit_wait_ms\":\"4000\",\"audit_help\":\"more threads\","
               "\"audit\":\"adaptive\",\"trials_waiting\":\"0\",\"threads_wanted\":0,"
               "\"seconds_waiting\":0,\"stalled\":\"no_job\"}\n");
}

static void an_answer_prints_every_field(void **state)
{
    (void)state;
    struct printed p;
    const struct answer_view answer = {3, "a", 42,  4, 3,    3,  0.9,
                                       2, 4,   1.5, 4, 1000, "", false};
    json_history(start(&p), &answer, 1);
    expect(&p, "{\"answers\":[{\"job\":\"j-3\",\"name\":\"a\",\"seed\":\"42\","
               "\"trials\":\"4\",\"hits\":\"3\",\"pi\":3,\"stderr\":0.9,\"ci_low\":2,"
               "\"ci_high\":4,\"elapsed_ms\":\"1000\",\"program\":\"\",\"score\":false,"
               "\"any_low\":1.5,\"any_high\":4}]}\n");
}

static void a_double_reads_back_as_itself_and_is_short(void **state)
{
    (void)state;
    struct gen g = {.state = 1};
    for (int i = 0; i < 2000; i++) {
        struct job_view job = sample_job();
        job.name = job.reason = "";
        uint64_t bits = next(&g) & ~(UINT64_C(1) << 63);
        memcpy(&job.rate, &bits, sizeof(bits));
        if (!isfinite(job.rate))
            continue;
        struct printed p;
        json_job(start(&p), &job);
        fclose(p.out);
        double back = strtod(strstr(p.text, "\"rate\":") + 7, NULL);
        assert_memory_equal(&back, &job.rate, sizeof(back));
        free(p.text);
    }
}

/* ---- the ledger back ---- */

/* The verdict on a text: NULL where it is taken, with the ledger as text in *ret. */
static const char *read_back(const char *text, size_t n, char **ret)
{
    static char sentence[400];
    struct arena a;
    arena_init(&a, FILE_BUDGET_BYTES);
    struct ledger_view ledger;
    const char *why = NULL;
    int r = json_read_ledger(text, n, &a, &ledger, &why);
    assert_true(r == 0 || r == -EBADMSG || r == -ERANGE);
    if (r < 0) {
        assert_non_null(why);
        for (const char *at = why; *at; at++)
            assert_in_range(*at, ' ', '~');
        snprintf(sentence, sizeof(sentence), "%s", why);
    } else if (ret) {
        struct msg m = {.type = MSG_REPLY, .reply = {.body = REPLY_LEDGER}};
        m.reply.ledger = ledger;
        *ret = msg_text(&m);
    }
    arena_release(&a);
    return r < 0 ? sentence : NULL;
}

static void gen_whole_ledger(struct gen *g, struct ledger_view *v)
{
    do {
        arena_reset(&g->arena);
        gen_ledger(g, v);
    } while (!v->job);
}

static void a_ledger_that_is_read_again_is_the_same(void **state)
{
    (void)state;
    struct gen g = {.state = 2};
    for (int round = 0; round < 200; round++) {
        struct msg m = {.type = MSG_REPLY, .reply = {.body = REPLY_LEDGER}};
        gen_whole_ledger(&g, &m.reply.ledger);
        struct printed p;
        json_ledger(start(&p), &m.reply.ledger);
        fclose(p.out);
        char *got = NULL, *expected = msg_text(&m);
        const char *why = read_back(p.text, p.size, &got);
        if (why)
            fail_msg("%s: %s", why, p.text);
        assert_string_equal(got, expected);
        free(got);
        free(expected);
        free(p.text);
    }
    arena_release(&g.arena);
}

/* Damage to a good file is refused with a sentence, or changes nothing but values. */
static void damaged_files_do_no_harm(void **state)
{
    (void)state;
    struct gen g = {.state = 3};
    for (int round = 0; round < 2000; round++) {
        struct ledger_view v;
        gen_whole_ledger(&g, &v);
        struct printed p;
        json_ledger(start(&p), &v);
        fclose(p.out);
        size_t n = below(&g, 3) ? p.size : below(&g, p.size + 1);
        char *text = mem_resize(NULL, n, 1); /* no byte more, for the sanitizer */
        memcpy(text, p.text, n);
        for (uint64_t k = below(&g, 4); n > 0 && k > 0; k--)
            text[below(&g, n)] = "\"{}[],:0-.eEu\\\n \x80"[below(&g, 18)];
        (void)read_back(text, n, NULL);
        free(text);
        free(p.text);
    }
    arena_release(&g.arena);
}

#define MIN_JOB                                                                        \
    "{\"id\":\"j-1\",\"state\":\"done\",\"uid\":\"00000000000000000000000000000000\"}"

static const char *said(const char *text)
{
    const char *why = read_back(text, strlen(text), NULL);
    return why ? why : "taken";
}

static void what_json_allows_is_taken(void **state)
{
    (void)state;
    static const char *const good[] = {
        "{\"job\":" MIN_JOB "}",
        " {\r\n\t\"job\" : " MIN_JOB " , \"first\" : [ ] }\n",
        "{\"job\":" MIN_JOB
        ",\"first\":[0],\"count\":[\"2\"],\"done\":[2],\"hits\":[1]}",
        "{\"later\":{\"a\":[1,-2.5e+3,{\"b\":null}],\"c\":\"\\u00e9\\n\"},"
        "\"job\":" MIN_JOB "}",
        "{\"job\":" MIN_JOB ",\"x\":{},\"y\":[],\"z\":[[],{}],\"w\":true}",
        "{\"job\":{\"pi\":null,\"ci_low\":-0.0E1,\"id\":\"\\u006a-1\",\"state\":"
        "\"done\","
        "\"uid\":\"00000000000000000000000000000000\"},\"shares\":null}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_string_equal(said(good[i]), "taken");
}

/* Of what the library says, the place; its words are its own. */
static void assert_begins(const char *got, const char *expected)
{
    bool place = strncmp(expected, "at byte", 7) == 0;
    if (strncmp(got, expected, strlen(expected)) != 0 ||
        (!place && strcmp(got, expected)))
        fail_msg("'%s', not '%s'", got, expected);
}

static const struct {
    const char *text, *why;
} no_ledgers[] = {
    {"", "at byte 0: "},
    {"[]", "\"ledger\": expected an object"},
    {"{}", "no job in this ledger"},
    {"{\"job\":null}", "no job in this ledger"},
    {"{\"job\":" MIN_JOB "} x", "at byte 78: "},
    {"{\"job\":" MIN_JOB, "at byte 75: "},
    {"{\"job\":" MIN_JOB ",}", "at byte 77: "},
    {"{\"job\":" MIN_JOB ",\"job\":" MIN_JOB "}", "at byte 81: "},
    {"{\"job\":{}}", "job: \"\" is no job; a job is \"j-17\" or \"17\""},
    {"{\"first\":[1,]}", "at byte 13: "},
    {"{\"first\":[1 2]}", "at byte 13: "},
    {"{\"first\":1}", "\"first\": expected a list"},
    {"{\"first\":[null]}", "\"first\": expected a whole number"},
    {"{\"first\":[01]}", "at byte 11: "},
    {"{\"first\":[-1]}", "\"first\": expected a whole number"},
    {"{\"first\":[1.5]}", "\"first\": expected a whole number"},
    {"{\"first\":[1e3]}", "\"first\": expected a whole number"},
    {"{\"first\":[\"1]}", "at byte 14: "},
    {"{\"first\":[\"\"]}", "\"first\": expected a whole number"},
    {"{\"first\":[\"-1\"]}", "\"first\": expected a whole number"},
    {"{\"first\":[\"01\"]}", "\"first\": expected a whole number"},
    {"{\"first\":[\" 1\"]}", "\"first\": expected a whole number"},
    {"{\"first\":[\"1\\u0000\"]}", "\"first\": expected a whole number"},
    {"{\"first\":[\"18446744073709551616\"]}", "\"first\": expected a smaller number"},
    {"{\"first\":[9223372036854775808]}", "at byte 29: "},
    {"{\"job\":{\"weight\":4294967296}}", "\"weight\": expected a smaller number"},
    {"{\"job\":{\"weight\":\"4294967296\"}}", "\"weight\": expected a smaller number"},
    {"{\"job\":{\"pi\":\"1\"}}", "\"pi\": expected a number"},
    {"{\"job\":{\"pi\":+1}}", "at byte 14: "},
    {"{\"job\":{\"pi\":1.}}", "at byte 15: "},
    {"{\"job\":{\"pi\":NaN}}", "at byte 16: "},
    {"{\"job\":{\"pi\":1e999}}", "at byte 18: "},
    {"{\"job\":{\"id\":1}}", "\"id\": expected a text"},
    {"{\"job\":[]}", "\"job\": expected an object"},
    {"{\"job\":{\"id\":\"a\nb\"}}", "at byte 15: "},
    {"{\"job\":{\"id\":\"\x1b[0m\"}}", "at byte 14: "},
    {"{\"job\":\x1b}", "at byte 8: "},
    {"{\"job\":{\"id\":\"\xff\"}}", "at byte 14: "},
    {"{\"job\":{\"id\":\"\\x\"}}", "at byte 16: "},
    {"{\"job\":{\"id\":\"\\u00g0\"}}", "at byte 19: "},
    {"{\"job\":{\"id\":\"j-1\\u0000\"}}", "job: job is not printable ASCII"},
    {"{\"job\":{\"id\":\"\\u00e9\"}}", "job: job is not printable ASCII"},
    {"{\"x\":tru}", "at byte 8: "},
    {"{\"x\":[1}", "at byte 8: "},
    {"{\"x\":{\"a\" 1}}", "at byte 11: "},
    {"{\"x\":{1:1}}", "at byte 7: "},
    {"{\"x\":[1,]}", "at byte 9: "},
    {"{\"job\":" MIN_JOB ",\"first\":[0]}",
     "ledger: 1 firsts but 0 counts, 0 done, 0 hits"},
    {"{\"job\":" MIN_JOB ",\"first\":[0],\"count\":[1],\"done\":[1],\"hits\":[2]}",
     "ledger: 2 hits of 1 trials"},
};

static void what_is_no_ledger_is_refused_with_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(no_ledgers); i++)
        assert_begins(said(no_ledgers[i].text), no_ledgers[i].why);
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    char text[8192] = "{\"x\":";
    size_t head = strlen(text);
    memset(text + head, '[', 64);
    memset(text + head + 64, ']', 64);
    strcpy(text + head + 128, ",\"job\":" MIN_JOB "}");
    assert_string_equal(said(text), "taken");
    memset(text + head, '[', sizeof(text) - head - 1);
    assert_begins(said(text), "at byte 2053: ");
}

/* A good ledger, and spaces up to n bytes. */
static const char *said_of_size(size_t n)
{
    static const char good[] = "{\"job\":" MIN_JOB "}";
    char *text = mem_resize(NULL, n, 1);
    memset(text, ' ', n);
    memcpy(text, good, strlen(good));
    const char *why = read_back(text, n, NULL);
    free(text);
    return why ? why : "taken";
}

static void a_file_that_is_too_large_is_refused(void **state)
{
    (void)state;
    assert_string_equal(said_of_size(JSON_LEDGER_BYTES_MAX), "taken");
    assert_string_equal(said_of_size(JSON_LEDGER_BYTES_MAX + 1),
                        "too large for a ledger");
}

static void a_ledger_past_the_budget_is_refused(void **state)
{
    (void)state;
    size_t n = 10 + 2 * (FILE_BUDGET_BYTES / sizeof(uint64_t)) + sizeof("1]}");
    char *text = mem_resize(NULL, n, 1);
    memcpy(text, "{\"first\":[", 10);
    for (size_t i = 10; i + 2 < n; i += 2)
        memcpy(text + i, "1,", 2);
    memcpy(text + n - sizeof("1]}"), "1]}", sizeof("1]}"));
    assert_string_equal(said(text), "too large for a ledger");
    free(text);
}

/* A ledger's shares come in several frames; a file holds them all. */
static void a_file_may_have_more_shares_than_a_frame(void **state)
{
    (void)state;
    static struct share_view shares[5 * LIST_MAX];
    for (size_t i = 0; i < ARRAY_SIZE(shares); i++)
        shares[i] = (struct share_view){i, "w", i, 0};
    struct job_view job = sample_job();
    struct ledger_view ledger = {
        .job = &job, .n_shares = ARRAY_SIZE(shares), .shares = shares};
    struct printed p;
    json_ledger(start(&p), &ledger);
    fclose(p.out);
    assert_string_equal(said(p.text), "taken");
    free(p.text);
}

#define T(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_job_prints_every_field),
        T(a_list_is_an_object_with_one_array),
        T(a_worker_prints_every_field),
        T(who_was_removed_is_shown_so),
        T(a_status_without_a_job_says_null),
        T(an_answer_prints_every_field),
        T(a_double_reads_back_as_itself_and_is_short),
        T(a_ledger_that_is_read_again_is_the_same),
        T(damaged_files_do_no_harm),
        T(what_json_allows_is_taken),
        T(what_is_no_ledger_is_refused_with_a_sentence),
        T(nesting_is_bounded),
        T(a_file_that_is_too_large_is_refused),
        T(a_ledger_past_the_budget_is_refused),
        T(a_file_may_have_more_shares_than_a_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
