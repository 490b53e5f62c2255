// SPDX-License-Identifier: MIT
/*
 * Both stores.  The loop's side: what is under way, and what has come back.  The thread
 * shares with it only struct desk, under its lock.
 */
#include "server/store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "common/base/format.h"
#include "common/base/vec.h"
#include "common/sys/log.h"

enum { PATH_BYTES = 4096 };

/* What the thread has to tell. */
struct said {
    int status; /* of the last transaction; or the storage has failed */
    char why[256];
    bool written; /* a transaction is through, well or not */
    bool taken;   /* a snapshot */
    int snapshot_status;
    uint8_t *image;
    size_t image_bytes;
    bool ended; /* its last word */
};

/* What lies between the loop and the thread. */
struct desk {
    uv_mutex_t lock;
    uv_cond_t work;
    const struct record *records; /* to write; NULL: nothing */
    size_t n;
    unsigned snapshots; /* asked for */
    bool quit;
    struct said said;
};

struct store {
    uv_async_t wake;  /* the thread has something to say */
    uv_check_t check; /* in memory: after a turn has read what was ready */
    uv_idle_t idle;   /* in memory: runs while something is pending */
    unsigned open_handles;
    struct store_events events;
    void *ctx;
    bool started, closing, failed;
    uint64_t transaction; /* under way, if `busy` */
    bool busy;
    unsigned memory_snapshots; /* refused in this turn */

    struct database *database; /* NULL: in memory; the thread's, once it runs */
    char path[PATH_BYTES];
    pthread_t thread;
    struct desk desk;
    bool full; /* the last transaction was refused */

    VEC(struct record) found;
};

/* ---- the thread ---- */

static void do_write(struct store *s)
{
    struct desk *k = &s->desk;
    const struct record *records = k->records;
    size_t n = k->n;
    uv_mutex_unlock(&k->lock);
    int status = database_write(s->database, records, n);
    uv_mutex_lock(&k->lock);
    k->records = NULL;
    k->said.written = true;
    k->said.status = status;
    snprintf(k->said.why, sizeof(k->said.why), "%s", database_why(s->database));
    uv_async_send(&s->wake);
}

/* After the transaction has been reported, so that nobody waits for it. */
static void do_tidy(struct store *s)
{
    struct desk *k = &s->desk;
    uv_mutex_unlock(&k->lock);
    int status = database_tidy(s->database);
    uv_mutex_lock(&k->lock);
    if (status == 0 || database_may_retry(status))
        return;
    k->said.status = status;
    snprintf(k->said.why, sizeof(k->said.why), "%s", database_why(s->database));
    uv_async_send(&s->wake);
}

static void do_snapshot(struct store *s)
{
    struct desk *k = &s->desk;
    uint8_t *image = NULL;
    size_t bytes = 0;
    uv_mutex_unlock(&k->lock);
    int status = database_snapshot(s->database, &image, &bytes);
    uv_mutex_lock(&k->lock);
    k->snapshots--;
    k->said.taken = true;
    k->said.snapshot_status = status;
    k->said.image = image;
    k->said.image_bytes = bytes;
    uv_async_send(&s->wake);
}

static bool fatal(int status)
{
    return status < 0 && !database_may_retry(status);
}

static void *run(void *arg)
{
    struct store *s = arg;
    pthread_setname_np(pthread_self(), "store");
    struct desk *k = &s->desk;
    uv_mutex_lock(&k->lock);
    for (;;) {
        if (k->records && !fatal(k->said.status)) {
            do_write(s);
            if (k->said.status == 0)
                do_tidy(s);
        } else if (k->quit) {
            break;
        } else if (k->snapshots && !k->said.taken && !fatal(k->said.status)) {
            do_snapshot(s);
        } else {
            uv_cond_wait(&k->work, &k->lock);
        }
    }
    uv_mutex_unlock(&k->lock);
    database_close(s->database); /* brings the log in */
    uv_mutex_lock(&k->lock);
    k->said.ended = true;
    uv_async_send(&s->wake);
    uv_mutex_unlock(&k->lock);
    return NULL;
}

/* ---- what comes back ---- */

static const char *reason_text(char buf[static FORMAT_MAX], int status)
{
    switch (status) {
    case -ENOMEM:
        return "out of memory";
    case -EBUSY:
        return "another program holds the file";
    }
    return format_error(buf, FORMAT_MAX, status);
}

/* Once, until it is saved again; the core knows the rest. */
static void say_full(struct store *s, int status)
{
    char text[PATH_BYTES + 160], hint[200], when[16], room[FORMAT_MAX + 16] = "";
    char reason[FORMAT_MAX];
    struct statvfs fs;
    struct tm utc;
    time_t now = time(NULL);
    if (s->full)
        return;
    s->full = true;
    if (status == -ENOSPC && statvfs(s->path, &fs) == 0) {
        char count[FORMAT_MAX];
        uint64_t bytes = (uint64_t)fs.f_bavail * (uint64_t)fs.f_frsize;
        snprintf(room, sizeof(room), bytes < 10000 ? " (%s B free)" : " (%sB free)",
                 format_count(count, sizeof(count), bytes));
    }
    strftime(when, sizeof(when), "%H:%M:%S", gmtime_r(&now, &utc));
    snprintf(text, sizeof(text), "cannot save progress to %s: %s%s", s->path,
             reason_text(reason, status), room);
    snprintf(hint, sizeof(hint),
             "nothing since %s UTC is acknowledged; workers keep their results. %s: it "
             "goes on by itself",
             when,
             status == -ENOSPC   ? "Free 10 MB"
             : status == -ENOMEM ? "Free some memory"
                                 : "End that program");
    log_error(text, log_str("hint", hint));
}

static void fail(struct store *s, int status, const char *why)
{
    char text[PATH_BYTES + 320], reason[FORMAT_MAX];
    if (s->failed)
        return;
    s->failed = true;
    snprintf(text, sizeof(text), "cannot save progress to %s: %s (%s)", s->path,
             reason_text(reason, status), why);
    if (!s->closing)
        s->events.on_failed(s->ctx, text);
}

static void hand_snapshot(struct store *s, int status, uint8_t *image, size_t bytes)
{
    if (s->closing)
        free(image);
    else
        s->events.on_snapshot(s->ctx, status, image, bytes);
}

static void hand_written(struct store *s, int status)
{
    s->busy = false;
    if (status < 0)
        say_full(s, status);
    else
        s->full = false;
    if (!s->closing)
        s->events.on_durable(s->ctx, s->transaction, status);
}

static void close_handles(struct store *s);

static void on_wake(uv_async_t *wake)
{
    struct store *s = wake->data;
    struct desk *k = &s->desk;
    uv_mutex_lock(&k->lock);
    struct said said = k->said;
    k->said.written = k->said.taken = false;
    k->said.image = NULL;
    uv_cond_signal(&k->work); /* another snapshot may have waited for this */
    uv_mutex_unlock(&k->lock);
    if (fatal(said.status))
        fail(s, said.status, said.why);
    else if (said.written)
        hand_written(s, said.status);
    if (said.taken)
        hand_snapshot(s, said.snapshot_status, said.image, said.image_bytes);
    if (said.ended)
        close_handles(s);
}

/* ---- in memory ---- */

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

/* A report may bring the next transaction, which is taken up in the same loop. */
static void on_check(uv_check_t *check)
{
    struct store *s = check->data;
    while (s->memory_snapshots > 0 && !s->closing) {
        s->memory_snapshots--;
        s->events.on_snapshot(s->ctx, -ENOTSUP, NULL, 0);
    }
    while (s->busy && !s->closing) {
        s->busy = false;
        s->events.on_durable(s->ctx, s->transaction, 0);
    }
    uv_idle_stop(&s->idle);
}

/* ---- life ---- */

static struct store *store_new(uv_loop_t *loop)
{
    struct store *s = mem_zero(1, sizeof(*s));
    uv_async_init(loop, &s->wake, on_wake);
    uv_check_init(loop, &s->check);
    uv_idle_init(loop, &s->idle);
    s->wake.data = s->check.data = s->idle.data = s;
    s->open_handles = 3;
    uv_mutex_init(&s->desk.lock);
    uv_cond_init(&s->desk.work);
    return s;
}

struct store *store_memory(uv_loop_t *loop)
{
    return store_new(loop);
}

static void keep(void *ctx, const struct record *r)
{
    struct store *s = ctx;
    *VEC_PUSH(&s->found) = *r;
}

/* Nobody else may read it; SQLite gives the files beside it the same mode. */
static int make_file(const char *path, struct error *p)
{
    char why[FORMAT_MAX];
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
        close(fd);
        return 0;
    }
    int err = -errno;
    return error_set(p, err,
                     err == -ENOSPC ? "free some space, then start again"
                                    : "choose another directory: --state DIR",
                     "cannot write to %s: %s", path,
                     format_error(why, sizeof(why), err));
}

static int open_database(struct store *s, const char *dir, struct error *p)
{
    int n = snprintf(s->path, sizeof(s->path), "%s/state.db", dir);
    *p = (struct error){0};
    if (n < 0 || (size_t)n >= sizeof(s->path))
        return error_set(p, -ENAMETOOLONG, "choose a shorter one: --state DIR",
                         "the name of the state directory is too long");
    int err = make_file(s->path, p);
    if (err == 0)
        err = database_open(s->path, &s->database, p);
    if (err < 0)
        return err;
    err = database_read(s->database, keep, s);
    if (err < 0)
        error_set(p, err, "", "cannot read %s: %s", s->path, database_why(s->database));
    return err;
}

/* A name in a directory is as durable as the directory is. */
static int sync_directory(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int err = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return err;
}

int store_open(uv_loop_t *loop, const char *dir, struct store **ret,
               struct error *ret_why)
{
    struct store *s = store_new(loop);
    char why[FORMAT_MAX];
    int err = open_database(s, dir, ret_why);
    if (err == 0) {
        err = sync_directory(dir);
        if (err < 0)
            error_set(ret_why, err, "", "cannot sync %s: %s", dir,
                      format_error(why, sizeof(why), err));
    }
    if (err == 0)
        *ret = s;
    else
        store_close(s);
    return err;
}

const struct record *store_records(const struct store *s, size_t *ret_n)
{
    *ret_n = s->found.n;
    return s->found.items;
}

void store_start(struct store *s, const struct store_events *events, void *ctx)
{
    free(s->found.items);
    s->found.items = NULL;
    s->found.n = s->found.capacity = 0;
    s->events = *events;
    s->ctx = ctx;
    s->started = true;
    if (!s->database) {
        uv_check_start(&s->check, on_check);
        return;
    }
    /* Signals are the loop's: the thread is born with all of them blocked. */
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (pthread_create(&s->thread, NULL, run, s) != 0)
        abort();
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void store_commit(struct store *s, uint64_t transaction, const struct record *records,
                  size_t n)
{
    assert(s->started && !s->busy && n > 0);
    s->busy = true;
    s->transaction = transaction;
    if (!s->database) {
        uv_idle_start(&s->idle, on_idle);
        return;
    }
    uv_mutex_lock(&s->desk.lock);
    s->desk.records = records;
    s->desk.n = n;
    uv_cond_signal(&s->desk.work);
    uv_mutex_unlock(&s->desk.lock);
}

void store_snapshot(struct store *s)
{
    if (!s->database) {
        s->memory_snapshots++;
        uv_idle_start(&s->idle, on_idle);
        return;
    }
    uv_mutex_lock(&s->desk.lock);
    s->desk.snapshots++;
    uv_cond_signal(&s->desk.work);
    uv_mutex_unlock(&s->desk.lock);
}

static void on_handle_closed(uv_handle_t *h)
{
    struct store *s = h->data;
    if (--s->open_handles > 0)
        return;
    uv_mutex_destroy(&s->desk.lock);
    uv_cond_destroy(&s->desk.work);
    if (s->started)
        s->events.on_closed(s->ctx);
    free(s->desk.said.image);
    free(s->found.items);
    free(s);
}

static void close_handles(struct store *s)
{
    if (s->started && s->database)
        pthread_join(s->thread, NULL); /* it has said its last word */
    else
        database_close(s->database);
    uv_close((uv_handle_t *)&s->wake, on_handle_closed);
    uv_close((uv_handle_t *)&s->check, on_handle_closed);
    uv_close((uv_handle_t *)&s->idle, on_handle_closed);
}

void store_close(struct store *s)
{
    assert(!s->closing);
    s->closing = true;
    if (!s->started || !s->database) {
        close_handles(s);
        return;
    }
    uv_mutex_lock(&s->desk.lock);
    s->desk.quit = true;
    uv_cond_signal(&s->desk.work);
    uv_mutex_unlock(&s->desk.lock);
}
