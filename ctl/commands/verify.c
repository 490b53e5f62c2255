// SPDX-License-Identifier: MIT
/*
 * pictl verify: recomputes cells of a ledger on this machine, fetched or from a file,
 * and says what that proves.  It trusts nothing from the coordinator but the seed.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include "common/base/format.h"
#include "common/base/json_writer.h"
#include "common/cli/job_format.h"
#include "common/cli/term.h"
#include "common/kernel/kernel.h"
#include "common/program/self_test.h"
#include "common/sys/hash.h"
#include "common/wire/json.h"
#include "common/wire/wire.h"
#include "ctl/commands/subcommands.h"
#include "ctl/lib/job_operand.h"
#include "ctl/lib/ledger_proof.h"
#include "ctl/lib/print.h"
#include "ctl/lib/recount.h"

enum {
    LEDGER_BYTES_MAX = 64 << 20,
    LINE_MS = 5000, /* between two lines of progress without a terminal */
};

struct verify_options {
    uint64_t sample;
    bool all;
    uint64_t sample_seed;
    const char *offer;
};

static const struct opt options[] = {
    {.name = "sample",
     .metavar = "K",
     .help = "recompute so many cells, drawn at random (8)",
     .kind = OPT_NUMBER,
     .group = 1,
     .min = 1,
     .max = CELLS_MAX,
     .at = offsetof(struct verify_options, sample)},
    {.name = "all",
     .help = "recompute every complete cell",
     .kind = OPT_FLAG,
     .group = 1,
     .at = offsetof(struct verify_options, all)},
    {.name = "sample-seed",
     .metavar = "S",
     .help = "draw the same cells again",
     .kind = OPT_NUMBER,
     .max = UINT64_MAX,
     .at = offsetof(struct verify_options, sample_seed)},
    {.name = "offer",
     .metavar = "NAME=COMMAND",
     .help = "the program that the job counts by, as it runs here",
     .kind = OPT_STRING,
     .at = offsetof(struct verify_options, offer)},
    OPT_END,
};

static const char *const examples[] = {
    "pictl verify j-3",
    "pictl ledger j-3 --json > j-3.json; pictl verify j-3.json --all",
    NULL,
};

static const struct opt_command command = {
    .program = "pictl",
    .name = "verify",
    .usage = "[JOB | FILE] [OPTION]...",
    .summary =
        "Recomputes cells of a job, or of a ledger in a file ('-': stdin), here.",
    .examples = examples,
    .options = options,
    .common = ctl_common_options,
    .operand = "JOB or FILE",
    .max_operands = 1,
};

/* ---- the ledger ---- */

static int read_all(FILE *file, char **ret_text, size_t *ret_bytes)
{
    char *text = mem_resize(NULL, JSON_LEDGER_BYTES_MAX + 1, 1);
    size_t n = fread(text, 1, JSON_LEDGER_BYTES_MAX + 1, file);
    if (!ferror(file) && n <= JSON_LEDGER_BYTES_MAX) {
        *ret_text = text;
        *ret_bytes = n;
        return 0;
    }
    int rc = ferror(file) ? -errno : -EFBIG;
    free(text);
    return rc;
}

static int read_file(const char *path, struct arena *arena, struct ledger_view *ret)
{
    char shown[128], error[FORMAT_MAX], *text = NULL;
    size_t bytes = 0;
    const char *why;
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "re");
    int rc = file ? read_all(file, &text, &bytes) : -errno;
    if (file && !standard)
        fclose(file);
    term_typed(shown, sizeof(shown), path);
    if (rc < 0) {
        ctl_error("name a file that 'pictl ledger JOB --json' wrote",
                  "cannot read %s: %s", shown, format_error(error, sizeof(error), rc));
        return EXIT_LOCAL;
    }
    rc = json_read_ledger(text, bytes, arena, ret, &why);
    if (rc == -ERANGE)
        ctl_error(NULL, "the ledger is wrong: %s", why);
    else if (rc < 0)
        ctl_error("such a file is what 'pictl ledger JOB --json' prints",
                  "%s is no ledger: %s", shown, why);
    free(text);
    return rc == -ERANGE ? EXIT_NO : rc < 0 ? EXIT_USAGE : EXIT_DONE;
}

/* ---- recomputing ---- */

static atomic_bool interrupted;
static volatile sig_atomic_t signal_number;
static volatile int interrupted_fd = -1; /* for programs: can be read then */

static void on_signal(int number)
{
    int before = errno;
    signal_number = number;
    atomic_store(&interrupted, true);
    eventfd_write(interrupted_fd, 1);
    errno = before;
}

struct progress {
    uint64_t total;
    bool terminal;
    int64_t start_ms, line_ms;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void on_progress(void *ctx, uint64_t done)
{
    struct progress *p = ctx;
    char counted[FORMAT_MAX], total[FORMAT_MAX], rate[FORMAT_MAX];
    int64_t now = now_ms(), elapsed_ms = now - p->start_ms;
    if (elapsed_ms < 1 || (!p->terminal && now - p->line_ms < LINE_MS))
        return;
    p->line_ms = now;
    double fraction = p->total ? (double)done / (double)p->total : 1;
    fprintf(stderr, "%srecomputing %.1f %%  %s of %s trials  %s%s",
            p->terminal ? TERM_REDRAW : "", job_view_percent(fraction),
            format_count(counted, sizeof(counted), done),
            format_count(total, sizeof(total), p->total),
            format_rate(rate, sizeof(rate), 1000 * (double)done / (double)elapsed_ms),
            p->terminal ? "" : "\n");
    fflush(stderr);
}

/* A check of n cells of the ledger. */
struct verify_check {
    const struct ledger_view *ledger;
    size_t *cells;
    size_t n, n_complete;
    uint64_t trials; /* in these cells */
    uint64_t *hits;  /* counted here, for each cell */
    size_t wrong;
    const struct program_offer *offer; /* NULL: pi */
    struct self_test test;             /* of that program */
};

/* The program of the job, which the operator has named; it must be the same one. */
static int choose_program(const struct verify_options *o, const struct job_view *j,
                          struct program_offer *offer, struct verify_check *c)
{
    struct error why;
    struct program_failure failure;
    char hint[sizeof("--offer =COMMAND") + NAME_BYTES];
    snprintf(hint, sizeof(hint), "--offer %s=COMMAND", j->program);
    if (!*j->program && o->offer)
        return opt_usage_error(&command, "leave out --offer",
                               "the job counts pi, by no program");
    if (!*j->program)
        return EXIT_DONE;
    if (!o->offer)
        return opt_usage_error(&command, hint,
                               "the job counts by program '%s': how does "
                               "it run here?",
                               j->program);
    if (offer_parse("--offer", o->offer, offer, &why) < 0)
        return opt_usage_error(&command, why.hint, "%s", why.what);
    if (strcmp(offer->name, j->program) != 0)
        return opt_usage_error(&command, hint,
                               "the job counts by program '%s', not '%s'", j->program,
                               offer->name);
    c->offer = offer;
    const struct program_config config = {.name = offer->name,
                                          .command = offer->command};
    if (self_test(&config, interrupted_fd, SELF_TEST_MS, &c->test, &failure) < 0) {
        program_report("pictl", offer->name, &failure);
        return EXIT_LOCAL;
    }
    if (!j->test_known || c->test.test == j->test)
        return EXIT_DONE;
    ctl_error("run the version that the workers have",
              "this '%s' is another one: its test is %016" PRIx64
              ", the job has %016" PRIx64,
              offer->name, c->test.test, j->test);
    return EXIT_LOCAL;
}

static int recount_failed(const struct verify_check *c, int rc,
                          const struct program_failure *why)
{
    if (rc == -ECANCELED)
        return EXIT_SIGNAL + signal_number;
    if (rc == -EPROTO)
        program_report("pictl", c->offer->name, why);
    else
        ctl_error(NULL, "cannot recompute here: %s", uv_strerror(rc));
    return EXIT_LOCAL;
}

static int recount_cells(struct verify_check *c)
{
    const struct kernel *kernel;
    struct program_failure why;
    struct range *ranges = mem_zero(c->n, sizeof(*ranges));
    for (size_t i = 0; i < c->n; i++)
        ranges[i] = (struct range){c->ledger->first[c->cells[i]],
                                   c->ledger->count[c->cells[i]]};
    struct progress p = {.total = c->trials,
                         .terminal = term_is(STDERR_FILENO),
                         .start_ms = now_ms(),
                         .line_ms = now_ms()};
    struct recount r = {.offer = c->offer,
                        .test = &c->test,
                        .arg = c->ledger->job->arg,
                        .score = c->ledger->job->score,
                        .cancel_fd = interrupted_fd,
                        .seed = c->ledger->job->seed,
                        .ranges = ranges,
                        .n = c->n,
                        .cancel = &interrupted,
                        .on_progress = on_progress,
                        .ctx = &p};
    int rc = kernel_choose("auto", &kernel);
    r.kernel = kernel;
    if (rc == 0)
        rc = recount_run(&r, c->hits, &why);
    if (p.terminal)
        fputs(TERM_REDRAW, stderr);
    free(ranges);
    return rc ? recount_failed(c, rc, &why) : EXIT_DONE;
}

/* ---- output ---- */

static const struct column columns[] = {{"FIRST", true, 0},
                                        {"COUNT", true, 0},
                                        {"HITS", true, 0},
                                        {"HERE", true, 0},
                                        {"", false, 0}};

static void print_cells(const struct verify_check *c)
{
    struct ctl_table t;
    bool utf8 = term_utf8();
    table_init(&t, columns, ARRAY_SIZE(columns));
    for (size_t i = 0; i < c->n; i++) {
        size_t cell = c->cells[i];
        bool same = c->ledger->hits[cell] == c->hits[i];
        table_cell(&t, "%" PRIu64, c->ledger->first[cell]);
        table_cell(&t, "%" PRIu64, c->ledger->count[cell]);
        table_cell(&t, "%" PRIu64, c->ledger->hits[cell]);
        table_cell(&t, "%" PRIu64, c->hits[i]);
        table_cell_coloured(&t, same ? "\033[32m" : "\033[31m", "%s %s",
                            same   ? (utf8 ? "✓" : "=")
                            : utf8 ? "✕"
                                   : "x",
                            same ? "same" : "different");
    }
    print_table(&t);
}

static bool proves_all(const struct verify_check *c)
{
    return c->ledger->job->state == JOB_DONE && c->n_complete == c->ledger->n_cells;
}

static void print_verdict(const struct verify_check *c)
{
    char text[PROOF_TEXT];
    if (c->wrong > 0)
        printf("%zu of %zu different: the job's count is wrong.\n", c->wrong, c->n);
    else
        printf("%s\n", proof_sentence(text, c->n, c->n_complete, proves_all(c)));
}

static void print_json(const struct verify_check *c)
{
    const struct ledger_view *l = c->ledger;
    char id[JOB_ID_BYTES];
    struct json_writer w = json_to_stream(stdout);
    json_begin_object(&w, NULL);
    json_put_text(&w, "job", job_id_text(id, l->job->number));
    json_put_number(&w, "cells", "%zu", l->n_cells);
    json_put_number(&w, "complete", "%zu", c->n_complete);
    json_put_number(&w, "checked", "%zu", c->n);
    json_put_number(&w, "wrong", "%zu", c->wrong);
    json_put_u64(&w, "trials", c->trials);
    json_put_number(&w, "bound", "%.4g", c->n == c->n_complete ? 0 : proof_bound(c->n));
    json_begin_array(&w, "different");
    for (size_t i = 0; i < c->n; i++) {
        size_t cell = c->cells[i];
        if (l->hits[cell] == c->hits[i])
            continue;
        json_begin_object(&w, NULL);
        json_put_u64(&w, "first", l->first[cell]);
        json_put_u64(&w, "count", l->count[cell]);
        json_put_u64(&w, "hits", l->hits[cell]);
        json_put_u64(&w, "here", c->hits[i]);
        json_end(&w);
    }
    json_end(&w);
    json_end_line(&w);
}

/* On stderr: not part of the answer. */
static void announce(const struct verify_check *c)
{
    char trials[FORMAT_MAX], id[JOB_ID_BYTES];
    const struct job_view *j = c->ledger->job;
    if (c->n_complete < c->ledger->n_cells || !job_view_ended(j->state))
        fprintf(stderr,
                "job %s is %s: only its complete cells are checked, %zu of %zu\n",
                job_id_text(id, j->number), job_state_name(j->state), c->n_complete,
                c->ledger->n_cells);
    fprintf(
        stderr,
        "the cells add up; recomputing %zu of %zu here (seed %" PRIu64 ", %s trials)\n",
        c->n, c->n_complete, j->seed, format_count(trials, sizeof(trials), c->trials));
}

/* ---- the command ---- */

static int check_cells(const struct ctl *ctl, struct verify_check *c)
{
    announce(c);
    int status = recount_cells(c);
    if (status)
        return status;
    for (size_t i = 0; i < c->n; i++)
        c->wrong += c->hits[i] != c->ledger->hits[c->cells[i]];
    if (ctl->options.json) {
        print_json(c);
    } else {
        print_cells(c);
        print_verdict(c);
    }
    return c->wrong > 0 ? EXIT_NO : EXIT_DONE;
}

/* From here on a signal ends the recomputing, which says so. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    interrupted_fd = eventfd(0, EFD_CLOEXEC);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* A signal that comes later finds nobody who waits for it. */
static void release_signals(void)
{
    int fd = interrupted_fd;
    interrupted_fd = -1;
    close(fd);
}

static int recompute_sample(const struct ctl *ctl, const struct verify_options *o,
                            const struct ledger_view *l)
{
    struct program_offer offer;
    struct verify_check c = {.ledger = l};
    int status = choose_program(o, l->job, &offer, &c);
    if (status)
        return atomic_load(&interrupted) ? EXIT_SIGNAL + signal_number : status;
    c.cells = mem_zero(l->n_cells, sizeof(*c.cells));
    c.hits = mem_zero(l->n_cells, sizeof(*c.hits));
    for (size_t i = 0; i < l->n_cells; i++)
        c.n_complete += proof_cell_complete(l, i);
    c.n = proof_sample(l, o->sample_seed, o->all ? c.n_complete : (size_t)o->sample,
                       c.cells);
    for (size_t i = 0; i < c.n; i++)
        c.trials += l->count[c.cells[i]];
    status = EXIT_NO;
    if (c.n > 0)
        status = check_cells(ctl, &c);
    else
        ctl_error("try again when more is counted", "no cell is complete yet");
    free(c.cells);
    free(c.hits);
    return status;
}

static int verify_ledger(const struct ctl *ctl, const struct verify_options *o,
                         const struct ledger_view *l)
{
    char why[PROOF_TEXT];
    if (!proof_adds_up(l, why)) {
        ctl_error(NULL, "the ledger is wrong: %s", why);
        return EXIT_NO;
    }
    catch_signals();
    int status = recompute_sample(ctl, o, l);
    release_signals();
    return status;
}

static int verify_file(const struct ctl *ctl, const struct verify_options *o,
                       const char *path)
{
    struct arena arena;
    struct ledger_view ledger;
    arena_init(&arena, LEDGER_BYTES_MAX);
    int status = read_file(path, &arena, &ledger);
    if (status == EXIT_DONE)
        status = verify_ledger(ctl, o, &ledger);
    arena_release(&arena);
    return status;
}

static int verify_job(struct ctl *ctl, const struct verify_options *o, uint64_t job)
{
    struct msg_request r = {.verb = REQUEST_LEDGER, .job = job};
    struct replies replies;
    int status = ctl_call(ctl, &r, REPLY_LEDGER, &replies);
    ctl_close(ctl); /* removes its signal handlers: recomputing has its own */
    if (status == EXIT_DONE)
        status = verify_ledger(ctl, o, &replies.ledger);
    replies_release(&replies);
    return status;
}

/* An id goes before a file, a file before a job's name; what no job can be called, or
 * looks like a file's name, is a file that is not there. */
static bool is_file(const char *word)
{
    size_t n = strlen(word);
    if (job_number(word))
        return false;
    return strcmp(word, "-") == 0 || access(word, F_OK) == 0 ||
           !job_name_allowed(word) || (n > 5 && strcmp(word + n - 5, ".json") == 0);
}

static int verify_run(struct ctl *ctl, int argc, char **argv)
{
    struct verify_options o = {.sample = 8};
    struct opt_values values = {.at = &o};
    struct opt_operands operands;
    int status;
    if (!ctl_parse(ctl, &subcommand_verify, argc, argv, &values, &operands, &status))
        return status;
    if (opt_source(options, &values, "sample-seed") == OPT_UNSET)
        hash_random(&o.sample_seed, sizeof(o.sample_seed));
    const char *word = operands.n > 0 ? operands.items[0] : NULL;
    if (word && is_file(word))
        return verify_file(ctl, &o, word);
    uint64_t job;
    status = job_operand(ctl, &subcommand_verify, &operands, &job);
    return status ? status : verify_job(ctl, &o, job);
}

const struct subcommand subcommand_verify = {
    .command = &command, .run = verify_run, .operand = OPERAND_FILE | OPERAND_JOB};
