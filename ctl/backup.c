// SPDX-License-Identifier: MIT
/*
 * pictl backup: a snapshot of the coordinator's state, written here.  It comes in
 * pieces; the file appears under its name when it is whole and on the disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "ctl/subcommands.h"

enum { DRAFT_BYTES = 4096, BACKUP_MS = 10 * 60 * 1000 /* for all of it */ };

static const char *const examples[] = {
    "pictl backup picoord.db",
    "mkdir -m 700 new && cp picoord.db new/state.db && picoord --state new",
    NULL,
};

static const struct opt_command command = {
    .program = "pictl",
    .name = "backup",
    .usage = "FILE",
    .summary = "Writes the coordinator's state, as it is at one instant, to FILE.",
    .examples = examples,
    .common = ctl_common_options,
    .operand = "FILE",
    .min_operands = 1,
    .max_operands = 1,
};

struct backup {
    const char *file;
    char draft[DRAFT_BYTES];
    int fd;
    uint32_t id;
    uint64_t size, got;
    bool wrong;  /* no backup is what has come */
    int err;     /* of writing */
    int refused; /* exit status of an error reply, said */
};

/* ---- the file ---- */

static int cannot_write(const struct backup *b)
{
    char shown[256], why[TEXT_MAX];
    ctl_complain("", "cannot write %s: %s",
                 text_escape_str(shown, sizeof(shown), b->file),
                 text_error(why, sizeof(why), b->err));
    return CTL_LOCAL;
}

static void begin(struct backup *b)
{
    int n = snprintf(b->draft, sizeof(b->draft), "%s.XXXXXX", b->file);
    if (n < 0 || (size_t)n >= sizeof(b->draft))
        b->err = -ENAMETOOLONG;
    else if ((b->fd = mkostemp(b->draft, O_CLOEXEC)) < 0) /* 0600 */
        b->err = -errno;
}

static void put(struct backup *b, const uint8_t *bytes, size_t n)
{
    while (n > 0 && b->err == 0) {
        ssize_t wrote = write(b->fd, bytes, n);
        if (wrote < 0 && errno != EINTR)
            b->err = -errno;
        if (wrote > 0) {
            bytes += wrote;
            n -= (size_t)wrote;
        }
    }
}

static void sync_folder(const char *file)
{
    char copy[DRAFT_BYTES];
    snprintf(copy, sizeof(copy), "%s", file);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)!fsync(fd); /* some file systems cannot: the file itself is synced */
    close(fd);
}

static void finish(struct backup *b)
{
    if (b->err == 0 && fsync(b->fd) < 0)
        b->err = -errno;
    if (b->err == 0 && rename(b->draft, b->file) < 0)
        b->err = -errno;
    if (b->err == 0)
        sync_folder(b->file);
}

/* ---- the pieces ---- */

static bool on_reply(void *ctx, const struct msg_reply *r)
{
    struct backup *b = ctx;
    if (r->id != b->id)
        return false;
    if (r->body == REPLY_ERROR) {
        b->refused = ctl_error_reply(r->error.code, r->error.message, r->error.hint);
        return true;
    }
    b->wrong = r->body != REPLY_BACKUP || (b->got > 0 && r->backup.size != b->size) ||
               r->backup.bytes > r->backup.size - b->got;
    if (b->wrong)
        return true;
    b->size = r->backup.size;
    b->got += r->backup.bytes;
    put(b, r->backup.data, r->backup.bytes);
    b->wrong = r->last != (b->got == b->size);
    return r->last || b->wrong || b->err;
}

static int fetch(struct ctl *ctl, struct backup *b)
{
    struct msg_request r = {.verb = REQUEST_BACKUP};
    b->id = client_send(ctl->client, &r);
    enum client_end end = client_run(ctl->client, BACKUP_MS, on_reply, b);
    if (end != CLIENT_DONE)
        return ctl_client_failed(ctl, end);
    if (b->refused)
        return b->refused;
    if (b->wrong) {
        ctl_complain("bring both to the same release",
                     "%s has answered something that was not asked for", ctl->where);
        return CTL_REFUSED;
    }
    if (b->err == 0)
        finish(b);
    return b->err ? cannot_write(b) : CTL_OK;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
    struct opt_operands operands;
    struct backup b = {.fd = -1};
    char shown[256], size[TEXT_MAX];
    int status;
    if (!ctl_parse(ctl, &subcommand_backup, argc, argv, NULL, &operands, &status))
        return status;
    b.file = operands.items[0];
    status = ctl_connect(ctl);
    if (status)
        return status;
    begin(&b);
    if (b.err)
        return cannot_write(&b);
    status = fetch(ctl, &b);
    close(b.fd);
    if (status)
        unlink(b.draft);
    else if (ctl->options.json)
        printf("{}\n");
    else
        fprintf(stderr, "pictl: wrote %s, %s bytes\n",
                text_escape_str(shown, sizeof(shown), b.file),
                text_grouped(size, sizeof(size), b.size));
    return status;
}

const struct subcommand subcommand_backup = {&command, run};
