// SPDX-License-Identifier: MIT
/*
 * Kills the real picoord at random times, under the load of workers that record its
 * answers (worker.h).  After each kill a copy of its state is checked: every invariant
 * of --check holds; what was answered COUNTED or COVERED is there once; and nothing is
 * there that was never sent.  Then picoord is started again on the original.  A
 * finished job must have the hits of a single process; then the next one begins.
 *
 *     killed BIN [--kills N] [--seed S] [--image yes]
 *
 * --image (root): the state is on a file system in an image file.  The copy is one of
 * the image at the time of the kill, as after a power cut.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/rng.h"
#include "server/store/database.h"
#include "tests/kill/worker.h"

enum {
    WORKERS = 6,
    TRIALS_LOG2 = 32,
    START_MS = 120000, /* picoord must accept connections by then */
    /* Times of kills: some during the start, most while results arrive. */
    EARLY_PERCENT = 15,
    EARLY_US = 12000,
    LATE_US = 120000,
    PATH = 128,
};

struct campaign {
    const char *bin;
    struct rng rng;
    char folder[64], state[PATH], copy[PATH], contact[PATH], log[PATH];
    uint64_t jobs; /* finished jobs; each one's seed is one more than the last */
    struct oracle oracle;
    struct worker workers[WORKERS];
    const struct kernel *kernel;
    uint64_t kills, early, answers, again, trials, harm;
    bool image;
};

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void give_up(const char *why)
{
    fprintf(stderr, "killed: %s\n", why);
    exit(1);
}

/* Runs the command in the campaign's directory. */
static void shell(const struct campaign *c, const char *command)
{
    char line[4 * PATH];
    snprintf(line, sizeof(line), "cd %s && %s", c->folder, command);
    if (system(line) != 0)
        give_up(line);
}

static void prepare(const struct campaign *c)
{
    if (c->image)
        shell(c, "mkdir disk restored && truncate -s 64M image && "
                 "mkfs.ext4 -q image && mount -o loop image disk");
}

static void clean_up(const struct campaign *c)
{
    char command[2 * PATH];
    if (c->image)
        shell(c, "umount disk");
    snprintf(command, sizeof(command), "rm -rf %s", c->folder);
    shell(c, command);
}

/* Copies the state as it is now. */
static void copy_state(const struct campaign *c)
{
    shell(c, c->image
                 ? "cp --sparse=always image copied && mount -o loop copied restored"
                 : "rm -rf copy && cp -r state copy");
}

static void uncopy(const struct campaign *c)
{
    if (c->image)
        shell(c, "umount restored && rm copied");
}

/* ---- picoord ---- */

static pid_t start_picoord(const struct campaign *c)
{
    char trials[24], seed[24], program[PATH];
    unlink(c->contact);
    snprintf(program, sizeof(program), "%s/picoord", c->bin);
    snprintf(trials, sizeof(trials), "%llu", 1ull << TRIALS_LOG2);
    snprintf(seed, sizeof(seed), "%llu", (unsigned long long)c->jobs + 1);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("XDG_RUNTIME_DIR", c->folder, 1); /* no worker of this machine finds it */
    if (!freopen(c->log, "a", stderr))
        _exit(126);
    execl(program, program, "--state", c->state, "--listen", "127.0.0.1:0",
          "--contact-file", c->contact, "--plaintext", "--trials", trials, "--seed",
          seed, NULL);
    _exit(127);
}

/* 0: not listening yet. */
static int port_of(const struct campaign *c)
{
    char text[400];
    FILE *in = fopen(c->contact, "r");
    if (!in)
        return 0;
    size_t n = fread(text, 1, sizeof(text) - 1, in);
    text[n] = '\0';
    fclose(in);
    const char *port = strstr(text, "\"port\":");
    return port ? atoi(port + 7 + (port[7] == '"')) : 0;
}

static void end_picoord(pid_t pid)
{
    int status;
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return;
    fprintf(stderr, "killed: picoord ended by itself, status %d\n", status);
    exit(1);
}

/* Runs picoord and the workers for a while, then kills it. */
static void run_and_kill(struct campaign *c)
{
    bool early = rng_below(&c->rng, 100) < EARLY_PERCENT;
    int64_t begin = now_us();
    pid_t pid = start_picoord(c);
    int port = 0;
    if (early) {
        usleep((useconds_t)rng_below(&c->rng, EARLY_US));
    } else {
        while ((port = port_of(c)) == 0) {
            if (now_us() - begin > START_MS * 1000)
                give_up("picoord does not start");
            usleep(200);
        }
        int64_t until = now_us() + (int64_t)rng_below(&c->rng, LATE_US);
        while (now_us() < until)
            for (size_t i = 0; i < WORKERS; i++)
                worker_turn(&c->workers[i], port);
    }
    if (c->image) { /* copy before the process can do anything more */
        kill(pid, SIGSTOP);
        copy_state(c);
    }
    end_picoord(pid);
    if (!c->image)
        copy_state(c);
    c->kills++;
    c->early += early;
    for (size_t i = 0; i < WORKERS; i++) /* earlier answers are still to be read */
        for (int k = 0; k < 20; k++)
            worker_turn(&c->workers[i], 0);
}

/* ---- checking ---- */

struct left {
    struct span_set rows;
    uint64_t hits;
    bool done, overlap;
};

static void read_record(void *ctx, const struct record *r)
{
    struct left *l = ctx;
    if (r->type == RECORD_JOB)
        l->done = r->job_.state == JOB_DONE;
    if (r->type != RECORD_ROW)
        return;
    uint64_t end = r->row.first + r->row.count;
    l->hits += r->row.hits;
    l->overlap |= span_overlap(&l->rows, r->row.first, end) > 0;
    set_add(&l->rows, r->row.first, end);
}

static void harm(struct campaign *c, const char *what)
{
    c->harm++;
    fprintf(stderr, "killed: kill %llu of job %llu: %s\n", (unsigned long long)c->kills,
            (unsigned long long)c->jobs + 1, what);
}

static bool within(const struct span_set *inner, const struct span_set *outer)
{
    for (struct span_at at = span_begin(); span_valid(inner, at);
         at = span_next(inner, at)) {
        const struct span *x = span_get(inner, at);
        if (span_overlap(outer, x->first, x->end) != x->end - x->first)
            return false;
    }
    return true;
}

static void judge(struct campaign *c, struct left *l)
{
    uint64_t truth;
    if (l->overlap)
        harm(c, "trials are counted twice");
    if (!within(&c->oracle.answered, &l->rows))
        harm(c, "what was answered is not there");
    if (!within(&l->rows, &c->oracle.sent))
        harm(c, "what was never sent is there");
    if (c->oracle.wrong)
        harm(c, "an answer to what was never granted");
    if (!l->done)
        return;
    uint64_t trials = UINT64_C(1) << TRIALS_LOG2;
    if (kernel_count(c->kernel, c->jobs + 1, 0, trials, trials, NULL, NULL, &truth) < 0)
        abort();
    if (l->rows.total != trials || l->hits != truth)
        harm(c, "the job is done with another count");
}

/* True: the job is done. */
static bool inspect(struct campaign *c)
{
    char path[PATH + 16];
    struct database *d = NULL;
    struct left l = {0};
    struct error why;
    snprintf(path, sizeof(path), "%s/state.db", c->copy);
    if (database_open(path, &d, &why) < 0) {
        harm(c, why.what);
        return false;
    }
    if (database_read(d, read_record, &l) < 0)
        harm(c, database_why(d));
    database_close(d);
    judge(c, &l);
    span_release(&l.rows);
    return l.done;
}

/* ---- the campaign ---- */

static void begin_job(struct campaign *c)
{
    shell(c, c->image ? "rm -rf disk/state && mkdir -m 700 disk/state && sync -f disk"
                      : "rm -rf state && mkdir -m 700 state");
    c->oracle = (struct oracle){0};
    for (int i = 0; i < WORKERS; i++)
        worker_start(&c->workers[i], &c->oracle, c->kernel, i);
}

static void end_job(struct campaign *c)
{
    for (size_t i = 0; i < WORKERS; i++)
        worker_end(&c->workers[i]);
    c->answers += c->oracle.answers;
    c->again += c->oracle.again;
    c->trials += c->oracle.answered.total;
    span_release(&c->oracle.answered);
    span_release(&c->oracle.sent);
}

static void run_campaign(struct campaign *c, uint64_t kills)
{
    begin_job(c);
    while (c->kills < kills && !c->harm) {
        run_and_kill(c);
        bool done = inspect(c);
        uncopy(c);
        if (!done)
            continue;
        end_job(c);
        c->jobs++;
        begin_job(c);
    }
    end_job(c);
}

int main(int argc, char **argv)
{
    static struct campaign c;
    uint64_t kills = 100, seed = 1;
    uint8_t bytes[32] = {0};
    for (int i = 2; i + 1 < argc; i += 2)
        if (!strcmp(argv[i], "--image"))
            c.image = true;
        else
            *(strcmp(argv[i], "--kills") ? &seed : &kills) =
                strtoull(argv[i + 1], NULL, 10);
    if (argc < 2 || argc % 2) {
        fprintf(stderr, "usage: killed BIN [--kills N] [--seed S] [--image yes]\n");
        return 2;
    }
    c.bin = argv[1];
    snprintf(c.folder, sizeof(c.folder), "/tmp/picoord-killed-XXXXXX");
    if (!mkdtemp(c.folder) || kernel_choose("auto", &c.kernel) < 0)
        return 1;
    snprintf(c.state, sizeof(c.state), "%s/%sstate", c.folder, c.image ? "disk/" : "");
    snprintf(c.copy, sizeof(c.copy), "%s/%s", c.folder,
             c.image ? "restored/state" : "copy");
    prepare(&c);
    snprintf(c.contact, sizeof(c.contact), "%s/contact", c.folder);
    snprintf(c.log, sizeof(c.log), "%s/log", c.folder);
    memcpy(bytes, &seed, sizeof(seed));
    rng_init(&c.rng, bytes);
    int64_t begin = now_us();
    run_campaign(&c, kills);
    double seconds = (double)(now_us() - begin) / 1e6;
    printf("%llu kills (%llu while it started) of %llu jobs in %.0f s: %llu results "
           "answered, %llu of them again, %.3g trials: %s\n",
           (unsigned long long)c.kills, (unsigned long long)c.early,
           (unsigned long long)c.jobs + 1, seconds, (unsigned long long)c.answers,
           (unsigned long long)c.again, (double)c.trials,
           c.harm ? "HARM" : "none lost, none counted twice");
    if (c.harm) {
        fprintf(stderr, "killed: what is left is in %s\n", c.folder);
        return 1;
    }
    clean_up(&c);
    return 0;
}
