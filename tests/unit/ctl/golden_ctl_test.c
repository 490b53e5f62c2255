// SPDX-License-Identifier: MIT
/*
 * Whole outputs of pictl, against a coordinator that has a value of its own in every
 * member: what is asked, what is printed as text and as JSON, and the exit code.  A
 * list comes in two frames.
 */
#include "tests/lib/ctl_stage.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/base.h"
#include "common/base/exit.h"
#include "ctl/command_table.h"
#include "tests/lib/golden.h"
#include "tests/lib/msg_text.h"
#include "tests/lib/report_rig.h"
#include "tests/lib/scratch.h"

/* In the place of the C library's: lines of progress begin with it. */
time_t time(time_t *ret)
{
    return ret ? (*ret = 1795368003) : 1795368003;
}

/* ---- the coordinator ---- */

static struct core core;
static struct job_view other; /* the second job */
static char *asked;           /* all requests but for the status, as text */
static size_t asked_bytes;
static FILE *asking;

static void reply(struct stage *s, int fd, uint32_t id, bool last, struct msg_reply r)
{
    r.id = id;
    r.last = last;
    stage_send(s, fd, &(struct msg){.type = MSG_REPLY, .reply = r});
}

static void reply_jobs(struct stage *s, int fd, uint32_t id)
{
    struct msg_reply r = {.body = REPLY_JOBS, .jobs = {.jobs = &core.job, .n = 1}};
    reply(s, fd, id, false, r);
    r.jobs.jobs = &other;
    reply(s, fd, id, true, r);
}

static void reply_workers(struct stage *s, int fd, uint32_t id)
{
    struct msg_reply r = {.body = REPLY_WORKERS,
                          .workers = {.workers = core.workers, .n = 1}};
    reply(s, fd, id, false, r);
    r.workers.workers++;
    reply(s, fd, id, true, r);
}

static void reply_ledger(struct stage *s, int fd, uint32_t id)
{
    static const uint64_t first[] = {60, 200, 300}, count[] = {90, 100, 101},
                          done[] = {80, 95, 0}, hits[] = {66, 71, 0},
                          doubt_first[] = {61, 201}, doubt_count[] = {11, 12};
    static const struct share_view shares[] = {
        {.worker = 0x131, .name = "lab-32", .trials = 801, .hits = 634},
        {.worker = 0x151, .name = "", .trials = 952, .hits = 713}};
    struct msg_reply r = {.body = REPLY_LEDGER,
                          .ledger = {.job = &core.job,
                                     .score = core.job.score,
                                     .n_cells = 2,
                                     .first = first,
                                     .count = count,
                                     .done = done,
                                     .hits = hits,
                                     .n_shares = 1,
                                     .shares = shares,
                                     .n_doubts = 1,
                                     .doubt_first = doubt_first,
                                     .doubt_count = doubt_count}};
    reply(s, fd, id, false, r);
    r.ledger = (struct ledger_view){.score = core.job.score,
                                    .n_cells = 1,
                                    .first = first + 2,
                                    .count = count + 2,
                                    .done = done + 2,
                                    .hits = hits + 2,
                                    .n_shares = 1,
                                    .shares = shares + 1,
                                    .n_doubts = 1,
                                    .doubt_first = doubt_first + 1,
                                    .doubt_count = doubt_count + 1};
    reply(s, fd, id, true, r);
}

static void reply_history(struct stage *s, int fd, uint32_t id)
{
    const struct answer_view answers[] = {{.job = 3,
                                           .name = "night",
                                           .seed = 81,
                                           .trials = 8200,
                                           .hits = 6440,
                                           .pi = 3.1414,
                                           .stderr_ = 0.018,
                                           .ci_low = 3.105,
                                           .ci_high = 3.177,
                                           .any_low = 3.063,
                                           .any_high = 3.217,
                                           .elapsed_ms = 83000,
                                           .program = core.job.program,
                                           .score = core.job.score},
                                          {.job = 4,
                                           .name = "",
                                           .seed = 84,
                                           .pi = NAN,
                                           .stderr_ = NAN,
                                           .ci_low = NAN,
                                           .ci_high = NAN,
                                           .any_low = NAN,
                                           .any_high = NAN,
                                           .elapsed_ms = 8500}};
    struct msg_reply r = {.body = REPLY_HISTORY,
                          .history = {.answers = answers, .n = 1}};
    reply(s, fd, id, false, r);
    r.history.answers++;
    reply(s, fd, id, true, r);
}

static void reply_events(struct stage *s, int fd, uint32_t id)
{
    static const struct event_view events[] = {{.what = "worker_lost",
                                                .name = "night",
                                                .worker = "lab-32",
                                                .reason = "it is silent",
                                                .program = "buffon",
                                                .job = 5,
                                                .first = 101,
                                                .trials = 102,
                                                .late_ms = 103,
                                                .time_ms = UINT64_C(1795368000123),
                                                .ranges = 104,
                                                .threads = 105,
                                                .connections = 106},
                                               {.what = "job_done",
                                                .name = "",
                                                .worker = "",
                                                .reason = "",
                                                .program = "",
                                                .time_ms = UINT64_C(1795368001999)}};
    struct msg_reply r = {.body = REPLY_EVENTS, .events = {.events = events, .n = 1}};
    reply(s, fd, id, false, r);
    r.events.events++;
    reply(s, fd, id, true, r);
}

static void reply_token(struct stage *s, int fd, uint32_t id)
{
    static const char *const workers[] = {
        "pi1.10.0.0.1:91.k.w",
        "pi1.127.0.0.1:92.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
        "bbbbbbbbbbbbbbbbbbbbbbbbba"};
    static const char *const operators[] = {"pi1.10.0.0.1:93.k.o"};
    reply(s, fd, id, true,
          (struct msg_reply){.body = REPLY_TOKEN,
                             .token = {.joins = {.n_workers = 2,
                                                 .n_operators = 1,
                                                 .workers = workers,
                                                 .operators = operators,
                                                 .fetch = true},
                                       .ended = 94}});
}

static void reply_backup(struct stage *s, int fd, uint32_t id)
{
    struct msg_reply r = {.body = REPLY_BACKUP,
                          .backup = {.size = 9, .data = (uint8_t *)"one,", .bytes = 4}};
    reply(s, fd, id, false, r);
    r.backup.data = (uint8_t *)"two, ";
    r.backup.bytes = 5;
    reply(s, fd, id, true, r);
}

static void reply_status(struct stage *s, int fd, const struct msg_request *r)
{
    struct job_view job = core.job;
    struct msg_reply m = {.body = REPLY_STATUS, .status = core.status};
    job.number = r->job ? r->job : job.number;
    m.status.job = &job;
    reply(s, fd, r->id, true, m);
}

static void reply_job(struct stage *s, int fd, const struct msg_request *r)
{
    struct msg_reply m = {.body = REPLY_JOB, .job = r->job == 6 ? other : core.job};
    m.job.number = r->job ? r->job : m.job.number;
    if (r->verb == REQUEST_WATCH && r->job != 6) {
        reply(s, fd, r->id, false, m);
        m.job.state = JOB_DONE;
        m.job.done = m.job.trials;
    }
    reply(s, fd, r->id, true, m);
}

static void answer(struct stage *s, int fd, const struct msg_request *r)
{
    switch (r->verb) {
    case REQUEST_STATUS:
        reply_status(s, fd, r);
        break;
    case REQUEST_JOBS:
        reply_jobs(s, fd, r->id);
        break;
    case REQUEST_WORKERS:
        reply_workers(s, fd, r->id);
        break;
    case REQUEST_LEDGER:
        reply_ledger(s, fd, r->id);
        break;
    case REQUEST_HISTORY:
        reply_history(s, fd, r->id);
        break;
    case REQUEST_EVENTS:
        reply_events(s, fd, r->id);
        break;
    case REQUEST_TOKEN:
        reply_token(s, fd, r->id);
        break;
    case REQUEST_BACKUP:
        reply_backup(s, fd, r->id);
        break;
    case REQUEST_SUBMIT:
    case REQUEST_CANCEL:
    case REQUEST_PAUSE:
    case REQUEST_RESUME:
    case REQUEST_EXTEND:
    case REQUEST_WATCH:
        reply_job(s, fd, r);
        break;
    default:
        reply(s, fd, r->id, true,
              (struct msg_reply){
                  .body = REPLY_DONE,
                  .done = {.worker = r->verb == REQUEST_RM ? NULL : core.workers,
                           .note = "it is noted"}});
    }
}

static void serve(struct stage *s, int fd)
{
    struct msg m;
    while (stage_read(s, fd, &m)) {
        if (m.type != MSG_REQUEST)
            continue;
        if (m.request.verb != REQUEST_STATUS) {
            char *text = msg_text(&m);
            fputs(text, asking);
            free(text);
        }
        answer(s, fd, &m.request);
    }
}

/* ---- what is printed ---- */

static void put_said(FILE *out, const char *args, struct said *said)
{
    golden_mask(said->out, "127.0.0.1:", " \n\"");
    golden_mask(said->err, "127.0.0.1:", " \n\"");
    golden_mask(said->err, "seed ", "\n");
    golden_mask(said->out, "libuv ", ",");
    golden_mask(said->out, "protobuf-c ", "\n");
    golden_mask(said->out, "pictl " PI_VERSION " (", ")");
    fprintf(out, "$ pictl %s\n%s", args, said->out);
    if (*said->err)
        fprintf(out, "---- stderr\n%s", said->err);
    if (said->status)
        fprintf(out, "---- exit code %d\n", said->status);
}

static void say(FILE *out, const char *args)
{
    static const struct scene scenes[] = {{false, serve}, {false, serve}};
    struct stage stage;
    struct said said;
    asking = open_memstream(&asked, &asked_bytes);
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, args);
    stage_close(&stage);
    fclose(asking);
    put_said(out, args, &said);
    if (*asked)
        fprintf(out, "---- what was asked\n%s",
                golden_mask(asked, "\nrequest: ", "\n"));
    fputc('\n', out);
    free(asked);
}

static const struct {
    const char *file, *args[10];
} sessions[] = {
    {"pictl-status.txt",
     {"status", "status j-3", "status --json", "status --get rate"}},
    {"pictl-jobs.txt", {"jobs", "jobs --json"}},
    {"pictl-workers.txt", {"workers", "workers --json"}},
    {"pictl-history.txt", {"history", "history --json"}},
    {"pictl-events.txt", {"events", "events --follow", "events --json"}},
    {"pictl-ledger.txt", {"ledger", "ledger j-3", "ledger --json"}},
    {"pictl-token.txt",
     {"token show", "token show --operator", "token show --json", "token rotate",
      "token rotate --operator", "token rotate --json"}},
    {"pictl-submit.txt",
     {"submit -n 200M --seed 5 --name night --weight 7 --audit all",
      "submit --until-digits 4", "submit --until-stderr 1e-4 --json",
      "submit --for 30s", "submit -n 9 --wait", "submit -n 9 --seed 5 --wait --json"}},
    {"pictl-watch.txt",
     {"watch", "watch j-6", "watch j-3 --interval 300ms --json", "wait j-18 j-6",
      "wait night j-6 --json"}},
    {"pictl-job.txt",
     {"cancel j-3", "pause j-3 --json", "resume night", "cancel --all",
      "resume --all --json", "extend j-3 --trials 9k", "extend j-3 --trials 9k --json",
      "extend j-6 --trials 9k --wait", "rm j-3", "rm j-3 --json"}},
    {"pictl-worker.txt",
     {"drain lab-32", "drain --all", "drain --all --json", "kick lab-32", "ban lab-32",
      "pardon lab-32", "trust lab-32", "untrust lab-32", "trust lab-32 --json"}},
    {"pictl-version.txt", {"version"}},
};

static void what_each_command_prints_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sessions); i++) {
        FILE *out = golden_begin();
        for (size_t j = 0; j < 10 && sessions[i].args[j]; j++)
            say(out, sessions[i].args[j]);
        golden_end(sessions[i].file);
    }
}

/* The newest job is of a program, so is an answer that was given. */
static void programs_are_told_as_such(void **state)
{
    static const char *const args[] = {
        "status",
        "status --json",
        "jobs",
        "workers -v",
        "workers --json",
        "ledger",
        "ledger --json",
        "history",
        "history --json",
        "watch",
        ("submit -n 2M --program walk --arg n=8 --scale 2.5 --score --expect "
         "2e0000000000002f --seed 5"),
        "submit -n 2M --program walk --wait --json"};
    (void)state;
    core = core_of_own_program();
    FILE *out = golden_begin();
    for (size_t i = 0; i < ARRAY_SIZE(args); i++)
        say(out, args[i]);
    golden_end("pictl-program.txt");
}

/* Signs and letters, where the terminal has them. */
static void lists_have_their_signs(void **state)
{
    (void)state;
    setenv("LC_ALL", "C.UTF-8", 1);
    FILE *out = golden_begin();
    for (enum job_state j = JOB_QUEUED; j <= JOB_FAILED; j++) {
        core.job.state = j;
        core.job.doubt = "";
        other.state = j;
        say(out, "jobs");
    }
    for (enum worker_state w = WORKER_IDLE; w <= WORKER_LOST; w++) {
        core.workers[0].state = core.workers[1].state = w;
        core.workers[1].removed = w == WORKER_LOST ? REMOVED_BANNED : REMOVED_NOT;
        say(out, "workers");
    }
    say(out, "status");
    golden_end("pictl-signs.txt");
    setenv("LC_ALL", "C", 1);
}

static void help_is_whole(void **state)
{
    (void)state;
    struct said said;
    char args[64];
    FILE *out = golden_begin();
    pictl_line(&said, "--help");
    put_said(out, "--help", &said);
    pictl_line(&said, "help exit-codes");
    put_said(out, "help exit-codes", &said);
    pictl_line(&said, "help frobnicate");
    put_said(out, "help frobnicate", &said);
    for (size_t i = 0; i < command_table.n; i++) {
        snprintf(args, sizeof(args), "help %s", command_table.items[i]->command->name);
        pictl_line(&said, "%s", args);
        put_said(out, args, &said);
    }
    golden_end("pictl-help.txt");
}

static void completions_are_whole(void **state)
{
    (void)state;
    struct said said;
    static const char *const shells[] = {"bash", "zsh", "fish"};
    for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
        char file[32];
        pictl_line(&said, "completion %s", shells[i]);
        assert_int_equal(said.status, EXIT_DONE);
        snprintf(file, sizeof(file), "pictl-completion.%s", shells[i]);
        golden(file, said.out);
    }
}

/* ---- a backup ---- */

static int synced;

/* In the place of the C library's. */
int fsync(int fd)
{
    (void)fd;
    synced++;
    return 0;
}

static void a_backup_is_all_of_its_pieces(void **state)
{
    (void)state;
    char here[PATH_MAX], text[64] = "";
    assert_non_null(getcwd(here, sizeof(here)));
    assert_int_equal(chdir(scratch_folder), 0); /* messages name the file */
    FILE *out = golden_begin();
    say(out, "backup kept.db");
    assert_int_equal(synced, 2); /* the file, and its folder */
    say(out, "backup kept.db --json");
    say(out, "backup -");
    FILE *file = fopen("kept.db", "r");
    assert_non_null(file);
    assert_int_equal(fread(text, 1, sizeof(text), file), 9);
    fclose(file);
    assert_string_equal(text, "one,two, ");
    assert_int_equal(chdir(here), 0);
    golden_end("pictl-backup.txt");
}

static int setup(void **state)
{
    setenv("LC_ALL", "C", 1);
    setenv("TZ", "UTC", 1);
    core = core_of_own_values();
    other = core.job;
    other.number = 6;
    other.name = "";
    other.state = JOB_DONE;
    other.reason = other.doubt = "";
    other.rule = STOP_TRIALS;
    other.trials = other.done = 6100;
    other.hits = 4792;
    other.elapsed_ms = 2000;
    other.seed = 62;
    memset(other.uid, 0x63, sizeof(other.uid));
    return scratch_make(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_each_command_prints_is_whole),
        TEST(programs_are_told_as_such),
        TEST(lists_have_their_signs),
        TEST(help_is_whole),
        TEST(completions_are_whole),
        TEST(a_backup_is_all_of_its_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
