// SPDX-License-Identifier: MIT
/*
 * A state file of which bytes have changed: it is refused with a sentence and left as
 * it is, or read, and then the core takes it up or says why it cannot; nothing breaks.
 * An input is a list of patches, three bytes of offset and a value each, after one byte
 * that says whether the file is cut short too.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/core/coord.h"
#include "server/store/database.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    char path[200];
    uint8_t *sound, *bytes, *after; /* as it was written, with patches, as it is then */
    size_t size;
} file;

struct found {
    struct record *at;
    size_t n, capacity;
};

/* ---- a sound file ---- */

static size_t example(struct record *r)
{
    size_t n = 0;
    r[n] = (struct record){.type = RECORD_JOB, .job = 1};
    r[n++].job_ = (struct job_record){.uid = {1},
                                      .request = {1},
                                      .state = JOB_RUNNING,
                                      .seed = 42,
                                      .trials = 1 << 22,
                                      .weight = 1,
                                      .frontier = 1 << 22,
                                      .name = "one"};
    r[n++] = (struct record){RECORD_ROW, 1,
                             .row = {0, 1 << 16, 51000, 7, .verified = false}};
    r[n++] = (struct record){RECORD_ROW, 1,
                             .row = {1 << 18, 1 << 16, 51000, 9, .verified = true}};
    r[n++] = (struct record){RECORD_SHARE, 1, .share = {7, 1 << 16, 51000, "ada"}};
    r[n++] = (struct record){RECORD_SHARE, 1, .share = {9, 1 << 16, 51000, "bob"}};
    r[n] = (struct record){.type = RECORD_BAN};
    r[n++].ban = (struct ban_record){.worker = 8, .revoke = true, .reason = "it lied"};
    r[n++] = (struct record){
        RECORD_STANDING, 0,
        .standing = {.worker = 9, .valid = 50, .passed = 12, .trusted = true}};
    r[n++] =
        (struct record){RECORD_AUDIT, 1, .audit = {3, 7, 0, 1 << 16, 51000, 1, true}};
    return n;
}

static void begin(void)
{
    const char *folder = getenv("TMPDIR"); /* the runner's, who removes it */
    struct database *d;
    struct error why;
    struct record r[16] = {0};
    snprintf(file.path, sizeof(file.path), "%s/picoord-fuzz-%d.db",
             folder ? folder : "/tmp", (int)getpid());
    if (database_open(file.path, &d, &why) < 0 ||
        database_write(d, r, example(r)) < 0 ||
        database_snapshot(d, &file.sound, &file.size) < 0)
        abort();
    database_close(d);
    file.bytes = mem_resize(NULL, file.size, 1);
    file.after = mem_resize(NULL, file.size, 1);
}

static void put(const uint8_t *bytes, size_t n)
{
    char log[220];
    FILE *f = fopen(file.path, "we");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
        abort();
    snprintf(log, sizeof(log), "%s-wal", file.path);
    unlink(log);
    snprintf(log, sizeof(log), "%s-shm", file.path);
    unlink(log);
}

/* Whether the file is still this, but for what its header says of its journal, which
 * SQLite may have set by then: the mode, and how often it has changed. */
static bool is(const uint8_t *bytes, size_t n)
{
    struct stat st;
    FILE *f = fopen(file.path, "re");
    bool same = f && fstat(fileno(f), &st) == 0 && (size_t)st.st_size == n &&
                fread(file.after, 1, n, f) == n;
    if (f)
        fclose(f);
    for (size_t i = 0; same && i < n; i++) {
        bool journal =
            i == 18 || i == 19 || (i >= 24 && i < 28) || (i >= 92 && i < 100);
        same = journal || file.after[i] == bytes[i];
    }
    return same;
}

/* ---- what is made of it ---- */

static void take(void *ctx, const struct record *r)
{
    struct found *f = ctx;
    if (f->n == f->capacity) {
        f->capacity = 2 * f->capacity + 16;
        f->at = mem_resize(f->at, f->capacity, sizeof(*f->at));
    }
    f->at[f->n++] = *r;
}

static void mac(void *ctx, const void *data, size_t bytes, uint8_t ret[TOKEN_BYTES])
{
    (void)ctx, (void)data;
    memset(ret, (int)bytes, TOKEN_BYTES);
}

static uint64_t worker_id(void *ctx, const uint8_t secret[UID_BYTES])
{
    (void)ctx;
    return secret[0] + 1;
}

/* The one that nothing was done to has to be taken up. */
static void take_up(const struct found *f, bool sound)
{
    struct coord_config config = {
        .mac = mac, .worker_id = worker_id, .version = "0.1.0"};
    struct coord *c = coord_new(&config);
    const char *why = NULL;
    struct update u;
    if (coord_restore(c, f->at, f->n, &why) == 0) {
        coord_check(c);
        coord_step(c, &(struct input){.type = INPUT_TICK, .now_ms = 1}, &u);
        coord_check(c);
    } else {
        assert(why && *why && !sound);
    }
    coord_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct database *d = NULL;
    struct error why = {0};
    struct found found = {0};
    if (!file.size)
        begin();
    if (size == 0)
        return 0;
    memcpy(file.bytes, file.sound, file.size);
    size_t n = data[0] ? file.size : file.size * (size % 64) / 64;
    for (size_t i = 1; i + 4 <= size; i += 4)
        file.bytes[(data[i] + 256u * data[i + 1] + 65536u * data[i + 2]) % file.size] =
            data[i + 3];
    bool sound = size == 1 && data[0];
    put(file.bytes, n);
    int err = database_open(file.path, &d, &why);
    if (err < 0) {
        assert(why.what[0] && is(file.bytes, n) && !sound);
        return 0;
    }
    err = database_read(d, take, &found);
    assert(err == 0 || *database_why(d));
    if (err == 0)
        take_up(&found, sound);
    database_close(d);
    free(found.at);
    return 0;
}
