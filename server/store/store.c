// SPDX-License-Identifier: MIT
/*
 * Both stores: in memory, and the database with its thread.  The thread shares only
 * struct shared with the event loop, under its lock.
 */
#include "server/store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "common/base/format.h"
#include "common/base/vec.h"
#include "common/sys/file_id.h"
#include "common/sys/log.h"
#include "server/store/log_check.h"

enum { PATH_BYTES = 4096, TIDY_PAGES = 1000 };

static const uint64_t look_ns = UINT64_C(1000000000); /* at the names of open files */

/* What the thread reports to the event loop. */
struct thread_report {
    int status; /* of the last transaction, or why the storage has failed */
    char why[256];
    bool written; /* a transaction has succeeded or failed */
    bool taken;   /* a snapshot is ready, or has failed */
    int snapshot_status;
    uint8_t *image;
    size_t image_bytes;
    bool ended; /* the thread ends; its last report */
};

/* Shared by the event loop and the thread. */
struct shared {
    uv_mutex_t lock;
    uv_cond_t work;
    const struct record *records; /* to write; NULL: none */
    size_t n;
    unsigned snapshots; /* number requested */
    bool quit;
    struct thread_report report;
};

struct store {
    uv_async_t wake;  /* the thread has a report */
    uv_check_t check; /* in memory: runs after a turn has read all ready input */
    uv_idle_t idle;   /* in memory: runs while something is pending */
    unsigned open_handles;
    struct store_events events;
    void *ctx;
    bool started, closing, failed;
    uint64_t transaction; /* in flight, if `busy` */
    bool busy;
    unsigned memory_snapshots; /* requested in this turn, to be refused */

    struct database *database; /* NULL: in memory.  Used by the thread once it runs. */
    char path[PATH_BYTES];
    struct file_id file, log; /* those that are open */
    pthread_t thread;
    struct shared shared;
    bool made; /* the file was not there */
    bool full; /* the last transaction has failed */

    VEC(struct record) found;
};

/* ---- the thread ---- */

static void log_path(const struct store *s, char ret[PATH_BYTES + 8])
{
    snprintf(ret, PATH_BYTES + 8, "%s-wal", s->path);
}

/* 0, or -ESTALE: what is open is no longer what the names lead to. */
static int look_for_files(const struct store *s)
{
    char log[PATH_BYTES + 8];
    log_path(s, log);
    return file_id_gone(s->path, &s->file) || file_id_gone(log, &s->log) ? -ESTALE : 0;
}

static void thread_look(struct store *s)
{
    struct shared *k = &s->shared;
    uv_mutex_unlock(&k->lock);
    int status = look_for_files(s);
    uv_mutex_lock(&k->lock);
    if (status == 0)
        return;
    k->report.status = status;
    uv_async_send(&s->wake);
}

static void thread_write(struct store *s)
{
    struct shared *k = &s->shared;
    const struct record *records = k->records;
    size_t n = k->n;
    uv_mutex_unlock(&k->lock);
    int status = database_write(s->database, records, n);
    int gone = look_for_files(s);
    status = gone ? gone : status;
    uv_mutex_lock(&k->lock);
    k->records = NULL;
    k->report.written = true;
    k->report.status = status;
    snprintf(k->report.why, sizeof(k->report.why), "%s", database_why(s->database));
    uv_async_send(&s->wake);
}

/* Runs after the transaction was reported, so that no answer waits for it. */
static void thread_tidy(struct store *s)
{
    struct shared *k = &s->shared;
    uv_mutex_unlock(&k->lock);
    int status = database_tidy(s->database, TIDY_PAGES);
    uv_mutex_lock(&k->lock);
    if (status == 0 || database_may_retry(status))
        return;
    k->report.status = status;
    snprintf(k->report.why, sizeof(k->report.why), "%s", database_why(s->database));
    uv_async_send(&s->wake);
}

static void thread_snapshot(struct store *s)
{
    struct shared *k = &s->shared;
    uint8_t *image = NULL;
    size_t bytes = 0;
    uv_mutex_unlock(&k->lock);
    int status = database_snapshot(s->database, &image, &bytes);
    uv_mutex_lock(&k->lock);
    k->snapshots--;
    k->report.taken = true;
    k->report.snapshot_status = status;
    k->report.image = image;
    k->report.image_bytes = bytes;
    uv_async_send(&s->wake);
}

static bool fatal(int status)
{
    return status < 0 && !database_may_retry(status);
}

static void *store_thread(void *arg)
{
    struct store *s = arg;
    pthread_setname_np(pthread_self(), "store");
    struct shared *k = &s->shared;
    uv_mutex_lock(&k->lock);
    for (;;) {
        if (k->records && !fatal(k->report.status)) {
            thread_write(s);
            if (k->report.status == 0)
                thread_tidy(s);
        } else if (k->quit) {
            break;
        } else if (k->snapshots && !k->report.taken && !fatal(k->report.status)) {
            thread_snapshot(s);
        } else if (fatal(k->report.status)) {
            uv_cond_wait(&k->work, &k->lock);
        } else if (uv_cond_timedwait(&k->work, &k->lock, look_ns) == UV_ETIMEDOUT) {
            thread_look(s);
        }
    }
    uv_mutex_unlock(&k->lock);
    database_close(s->database); /* copies the log into the file */
    uv_mutex_lock(&k->lock);
    k->report.ended = true;
    uv_async_send(&s->wake);
    uv_mutex_unlock(&k->lock);
    return NULL;
}

/* ---- reports of the thread ---- */

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

/* Logs the failure once, until a transaction succeeds again. */
static void log_full(struct store *s, int status)
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

static void report_failed(struct store *s, int status, const char *how)
{
    struct error why;
    char reason[FORMAT_MAX];
    if (s->failed)
        return;
    s->failed = true;
    if (status == -ESTALE)
        error_set(&why, status,
                  "whatever was acknowledged is in the files that were there: bring "
                  "them back, or a backup, then start picoord again",
                  "cannot save progress to %s: it, or its log, was removed, moved or "
                  "replaced while picoord had it open",
                  s->path);
    else
        error_set(&why, status,
                  "see to the disk, then start picoord again: whatever was "
                  "acknowledged is kept",
                  "cannot save progress to %s: %s (%s)", s->path,
                  reason_text(reason, status), how);
    if (!s->closing)
        s->events.on_failed(s->ctx, &why);
}

static void deliver_snapshot(struct store *s, int status, uint8_t *image, size_t bytes)
{
    if (s->closing)
        free(image);
    else
        s->events.on_snapshot(s->ctx, status, image, bytes);
}

static void deliver_written(struct store *s, int status)
{
    s->busy = false;
    if (status < 0)
        log_full(s, status);
    else
        s->full = false;
    if (!s->closing)
        s->events.on_durable(s->ctx, s->transaction, status);
}

static void close_handles(struct store *s);

static void on_wake(uv_async_t *wake)
{
    struct store *s = wake->data;
    struct shared *k = &s->shared;
    uv_mutex_lock(&k->lock);
    struct thread_report report = k->report;
    k->report.written = k->report.taken = false;
    k->report.image = NULL;
    uv_cond_signal(&k->work); /* the next snapshot may have waited for this */
    uv_mutex_unlock(&k->lock);
    if (fatal(report.status))
        report_failed(s, report.status, report.why);
    else if (report.written)
        deliver_written(s, report.status);
    if (report.taken)
        deliver_snapshot(s, report.snapshot_status, report.image, report.image_bytes);
    if (report.ended)
        close_handles(s);
}

/* ---- in memory ---- */

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

/* on_durable may begin the next transaction, which this loop completes too. */
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

/* ---- lifetime ---- */

static struct store *store_new(uv_loop_t *loop)
{
    struct store *s = mem_zero(1, sizeof(*s));
    uv_async_init(loop, &s->wake, on_wake);
    uv_check_init(loop, &s->check);
    uv_idle_init(loop, &s->idle);
    s->wake.data = s->check.data = s->idle.data = s;
    s->open_handles = 3;
    uv_mutex_init(&s->shared.lock);
    uv_cond_init(&s->shared.work);
    return s;
}

struct store *store_memory(uv_loop_t *loop)
{
    return store_new(loop);
}

static void keep_record(void *ctx, const struct record *r)
{
    struct store *s = ctx;
    *VEC_PUSH(&s->found) = *r;
}

/* Creates the file readable by its owner only; SQLite gives its journals the same
 * mode. */
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
    struct stat st;
    s->made = lstat(s->path, &st) < 0 && errno == ENOENT;
    /* a file that is made beside its log would hide that it was missing */
    int err = s->made ? log_check(s->path, p) : 0;
    if (err == 0)
        err = make_file(s->path, p);
    if (err == 0)
        err = database_open(s->path, &s->database, p);
    if (err < 0)
        return err;
    char log[PATH_BYTES + 8];
    log_path(s, log);
    (void)!file_id_get(AT_FDCWD, s->path, &s->file); /* unknown: is not looked for */
    (void)!file_id_get(AT_FDCWD, log, &s->log);
    err = database_read(s->database, keep_record, s);
    if (err < 0)
        error_set(p, err, "", "cannot read %s: %s", s->path, database_why(s->database));
    return err;
}

/* Makes the name of the new file durable. */
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

bool store_made(const struct store *s)
{
    return s->made;
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
    /* Signals are handled on the event loop: the new thread blocks all of them. */
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (pthread_create(&s->thread, NULL, store_thread, s) != 0)
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
    uv_mutex_lock(&s->shared.lock);
    s->shared.records = records;
    s->shared.n = n;
    uv_cond_signal(&s->shared.work);
    uv_mutex_unlock(&s->shared.lock);
}

void store_snapshot(struct store *s)
{
    if (!s->database) {
        s->memory_snapshots++;
        uv_idle_start(&s->idle, on_idle);
        return;
    }
    uv_mutex_lock(&s->shared.lock);
    s->shared.snapshots++;
    uv_cond_signal(&s->shared.work);
    uv_mutex_unlock(&s->shared.lock);
}

static void on_handle_closed(uv_handle_t *h)
{
    struct store *s = h->data;
    if (--s->open_handles > 0)
        return;
    uv_mutex_destroy(&s->shared.lock);
    uv_cond_destroy(&s->shared.work);
    if (s->started)
        s->events.on_closed(s->ctx);
    free(s->shared.report.image);
    free(s->found.items);
    free(s);
}

static void close_handles(struct store *s)
{
    if (s->started && s->database)
        pthread_join(s->thread, NULL); /* the thread has sent its last report */
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
    uv_mutex_lock(&s->shared.lock);
    s->shared.quit = true;
    uv_cond_signal(&s->shared.work);
    uv_mutex_unlock(&s->shared.lock);
}
