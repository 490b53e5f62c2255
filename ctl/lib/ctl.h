// SPDX-License-Identifier: MIT
/*
 * Shared by the subcommands of pictl: the common options, the connection to one
 * coordinator, error messages and exit codes.
 *
 * A subcommand is a table of options and a function.  It prints its answer on stdout,
 * everything else on stderr, and returns an exit code.  Not pure; for one thread.
 */
#ifndef CTL_LIB_CTL_H
#define CTL_LIB_CTL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/exit.h"
#include "common/cli/opt.h"
#include "common/join/client.h"
#include "common/join/endpoint.h"
#include "common/wire/msg.h"
#include "ctl/lib/replies.h"

struct ctl_options {
    const char *coordinator, *join_file, *contact_file;
    bool plaintext, json;
};

extern const struct opt ctl_common_options[];

struct command_table;

struct ctl {
    const struct command_table *table;
    struct ctl_options options;
    struct opt_values values; /* the sources of the options */
    char *where;              /* "127.0.0.1:31415"; set with client */
    struct client *client;
};

/* What an operand may be, for completion: bits. */
enum {
    OPERAND_FILE = 1,
    OPERAND_COMMAND = 2,
    OPERAND_JOB = 4,
    OPERAND_WORKER = 8,
};

struct subcommand {
    const struct opt_command *command;
    /* argv[0] is the subcommand's name; returns an exit code. */
    int (*run)(struct ctl *ctl, int argc, char **argv);
    unsigned operand;
    const char *operand_words; /* allowed words, separated by spaces; or NULL */
};

/* pictl and its subcommands, in the order of the help. */
struct command_table {
    const struct opt_command *command;
    const struct subcommand *const *items;
    size_t n;
};

/* pictl from its command line on; returns its exit code.  on_end is called when that is
 * settled, before signals are given back. */
int ctl_main(const struct command_table *table, int argc, char **argv,
             void on_end(void));

/* The subcommand of that name, or NULL. */
const struct subcommand *ctl_find(const struct command_table *table, const char *name);

/* Reports an unknown command, with what it is called here or a suggestion; returns
 * EXIT_USAGE. */
int ctl_unknown(const struct command_table *table, const char *word);

/* opt_parse() that also accepts the common options. */
MUST_USE bool ctl_parse(struct ctl *ctl, const struct subcommand *s, int argc,
                        char **argv, struct opt_values *values,
                        struct opt_operands *ret_operands, int *ret_status);

/* Finds the coordinator and creates the client, unless it exists.  EXIT_DONE, or the
 * failure has been reported. */
MUST_USE int ctl_endpoint(struct ctl *ctl);

/* The two steps of that: the search, which reports nothing; and the client for what was
 * found, which is then wiped, as it holds a token. */
enum endpoint_outcome ctl_look(const struct ctl *ctl, struct endpoint *ret);
void ctl_use(struct ctl *ctl, struct endpoint *endpoint);

/* ctl_endpoint(), and connects, unless it is connected. */
MUST_USE int ctl_connect(struct ctl *ctl);

/* Looks the coordinator up again, because a restarted one may have another port and
 * other keys.  Returns whether the endpoint has changed; keeps the old one if none is
 * found. */
bool ctl_find_again(struct ctl *ctl);

/* Frees the client, if any, and removes its signal handlers. */
void ctl_close(struct ctl *ctl);

/* Connects, sends r and collects all its replies in *ret, which the caller releases in
 * any case.  EXIT_DONE: they are of the kind `want` (and a ledger has its job).
 * Otherwise the failure, or an error reply, has been reported. */
MUST_USE int ctl_call(struct ctl *ctl, const struct msg_request *r,
                      enum reply_body want, struct replies *ret);

/* One request on the open connection; reports nothing.  *ret must be initialised and
 * empty.  CLIENT_DONE: *ret is complete. */
MUST_USE enum client_end ctl_exchange(struct ctl *ctl, const struct msg_request *r,
                                      int64_t timeout_ms, struct replies *ret);

/* EXIT_DONE if r is of the kind `want`; otherwise the error has been reported. */
MUST_USE int ctl_check_answer(struct ctl *ctl, enum reply_body want,
                              const struct replies *r);

/* Reports a reply that no request has asked for; returns EXIT_REFUSED. */
int ctl_unasked(const struct ctl *ctl);

/* Reports how a wait ended (nothing for CLIENT_DONE) and returns the exit code. */
int ctl_client_failed(struct ctl *ctl, enum client_end end);

/* Reports an error reply and returns its exit code. */
int ctl_error_reply(enum error_code code, const char *message, const char *hint);

/* Prints "pictl: WHAT" on stderr, and "hint: HINT" unless hint is NULL or empty; with
 * --json as an object, a line: the second with the code FAILED. */
void ctl_error_as(const char *code, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ctl_error(const char *hint, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same of what is no error. */
void ctl_note(const char *hint, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
