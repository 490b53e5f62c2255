// SPDX-License-Identifier: MIT
/*
 * pictl backup: writes a snapshot of the coordinator's state to a local file.  The
 * snapshot arrives in pieces and is collected in memory before anything is written.  So
 * the output is always complete, also in a pipe, and the coordinator never waits for a
 * slow reader of the output.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/format.h"
#include "common/sys/output.h"
#include "ctl/commands/subcommands.h"

enum { BACKUP_MS = 10 * 60 * 1000 /* timeout of the whole transfer */ };

static const char *const examples[] = {
    "pictl backup picoord.db",
    "pictl backup - | gzip > picoord.db.gz",
    NULL,
};

static const char *const notes[] = {
    "FILE gets mode 0600 and is there when it is whole. '-' is standard output; a",
    "pipe or device is written into; a link stays, what it points to is replaced.",
    "What it prints at the end are the commands that restore it.",
    NULL,
};

static const struct opt_command command = {
    .program = "pictl",
    .name = "backup",
    .usage = "FILE",
    .summary = "Writes the coordinator's state, as it is at one instant, to FILE.",
    .examples = examples,
    .notes = notes,
    .common = ctl_common_options,
    .operand = "FILE",
    .min_operands = 1,
    .max_operands = 1,
};

struct backup {
    uint32_t id;
    uint8_t *bytes;
    uint64_t size;
    size_t got, capacity;
    bool wrong;  /* a reply violates the protocol */
    int refused; /* exit status of an error reply, which was reported; 0: none */
};

/* ---- the pieces ---- */

static void append_piece(struct backup *b, const uint8_t *bytes, size_t n)
{
    if (b->capacity - b->got < n) {
        b->capacity = 2 * (b->got + n);
        b->bytes = mem_resize(b->bytes, b->capacity, 1);
    }
    memcpy(b->bytes + b->got, bytes, n);
    b->got += n;
}

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
    append_piece(b, r->backup.data, r->backup.bytes);
    b->wrong = r->last != (b->got == b->size);
    return r->last || b->wrong;
}

static int fetch_backup(struct ctl *ctl, struct backup *b)
{
    struct msg_request r = {.verb = REQUEST_BACKUP};
    int status = ctl_connect(ctl);
    if (status)
        return status;
    b->id = client_send(ctl->client, &r);
    enum client_end end = client_run(ctl->client, BACKUP_MS, on_reply, b);
    if (end != CLIENT_DONE)
        return ctl_client_failed(ctl, end);
    if (!b->wrong)
        return b->refused;
    ctl_error("bring both to the same release",
              "%s has answered something that was not asked for", ctl->where);
    return EXIT_REFUSED;
}

/* ---- the file ---- */

static bool not_interrupted(void *client)
{
    return client_pause(client, 0) == CLIENT_DONE;
}

static int cannot_write(struct ctl *ctl, const char *shown, int err)
{
    char why[FORMAT_MAX];
    if (err == -EINTR)
        return ctl_client_failed(ctl, CLIENT_INTERRUPTED);
    ctl_error("", "cannot write %s: %s", shown, format_error(why, sizeof(why), err));
    return EXIT_LOCAL;
}

/* With DIR in the place of the state directory, whose path is picoord's alone. */
static void print_recipe(const char *file)
{
    fprintf(stderr,
            "pictl: to restore it, stop picoord, whose state directory is DIR here:\n"
            "  mkdir DIR/before && mv DIR/state.db* DIR/before\n"
            "  cp '%s' DIR/state.db && chmod 600 DIR/state.db\n"
            "  picoord --check --state DIR\n",
            file);
}

static int write_backup(struct ctl *ctl, const struct backup *b, const char *file)
{
    char shown[256], size[FORMAT_MAX];
    struct output made;
    int err =
        output_write(file, b->bytes, b->got, true, not_interrupted, ctl->client, &made);
    if (made.standard)
        snprintf(shown, sizeof(shown), "standard output");
    else
        format_escape_str(shown, sizeof(shown), file);
    if (err < 0)
        return cannot_write(ctl, shown, err);
    if (!ctl->options.json) {
        fprintf(stderr, "pictl: wrote %s%s, %s bytes\n",
                made.standard ? "the backup to " : "", shown,
                format_grouped(size, sizeof(size), b->got));
        if (made.made) /* nothing can be copied from a pipe */
            print_recipe(shown);
    } else if (!made.standard) {
        printf("{}\n");
    }
    return EXIT_DONE;
}

static int backup_run(struct ctl *ctl, int argc, char **argv)
{
    struct opt_operands operands;
    struct backup b = {.bytes = NULL};
    int status;
    if (!ctl_parse(ctl, &subcommand_backup, argc, argv, NULL, &operands, &status))
        return status;
    status = fetch_backup(ctl, &b);
    if (status == EXIT_DONE)
        status = write_backup(ctl, &b, operands.items[0]);
    free(b.bytes);
    return status;
}

const struct subcommand subcommand_backup = {.command = &command, .run = backup_run};
