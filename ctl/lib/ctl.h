// SPDX-License-Identifier: MIT
/*
 * What the subcommands of pictl share: the options that stand before or after any of
 * them, one coordinator to talk to, the way failures are said, and the exit codes.
 *
 * A subcommand is a table of options and a function; it answers on stdout, says
 * everything else on stderr and returns an exit code.  Not pure, one thread.
 */
#ifndef CTL_LIB_CTL_H
#define CTL_LIB_CTL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/exit.h"
#include "common/cli/opt.h"
#include "common/wire/msg.h"
#include "ctl/lib/client.h"
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
    struct opt_values values; /* where they came from */
    char *where;              /* "127.0.0.1:31415"; once the client is there */
    struct client *client;
};

/* What an operand may be, for completion. */
enum operand_kind { OPERAND_OTHER, OPERAND_FILE, OPERAND_COMMAND };

struct subcommand {
    const struct opt_command *command;
    /* argv[0] is the subcommand's name; returns an exit code. */
    int (*run)(struct ctl *ctl, int argc, char **argv);
    enum operand_kind operand;
    const char *operand_words; /* with blanks between, or NULL: words that it may be */
};

/* pictl itself, and its subcommands in the order of the help. */
struct command_table {
    const struct opt_command *command;
    const struct subcommand *const *items;
    size_t n;
};

/* The subcommand of that name, or NULL. */
const struct subcommand *ctl_find(const struct command_table *table, const char *name);

/* Says that there is no such command, and which may have been meant; EXIT_USAGE. */
int ctl_unknown(const struct command_table *table, const char *word);

/* opt_parse() with the common options too. */
MUST_USE bool ctl_parse(struct ctl *ctl, const struct subcommand *s, int argc,
                        char **argv, struct opt_values *values,
                        struct opt_operands *ret_operands, int *ret_status);

/* The job that an operand names: ret 0 where there is no operand.  False: an error has
 * been said, exit with EXIT_USAGE. */
MUST_USE bool ctl_job_operand(const struct subcommand *s,
                              const struct opt_operands *operands, uint64_t *ret_job);

/* Finds out where the coordinator is and makes the client, unless that is done. */
MUST_USE int ctl_endpoint(struct ctl *ctl);

/* The same, and connects.  EXIT_DONE, or the failure has been said. */
MUST_USE int ctl_connect(struct ctl *ctl);

/* Looks for the coordinator anew, since one that was started again may have another
 * port and other keys.  Whether it is to be reached otherwise now; where none is found,
 * as before. */
bool ctl_find_again(struct ctl *ctl);

/* Gives the client back, if there is one, and its signal handlers with it. */
void ctl_close(struct ctl *ctl);

/* Connects, sends r, collects its replies until the last into *ret, which the caller
 * releases whatever comes back.  EXIT_DONE, and they are of the kind `want` (a ledger
 * has its job); or the failure, an error reply too, has been said. */
MUST_USE int ctl_call(struct ctl *ctl, const struct msg_request *r,
                      enum reply_body want, struct replies *ret);

/* One exchange on the open connection, nothing said.  CLIENT_DONE: *ret, which must
 * have been initialised and be empty, is complete. */
MUST_USE enum client_end ctl_exchange(struct ctl *ctl, const struct msg_request *r,
                                      int64_t timeout_ms, struct replies *ret);

/* EXIT_DONE if it is of the kind `want`, else that has been said. */
MUST_USE int ctl_check_answer(struct ctl *ctl, enum reply_body want,
                              const struct replies *r);

/* What to do about CLIENT_FOREIGN. */
const char *ctl_foreign_hint(const struct ctl *ctl);

/* Says why a wait ended so (nothing for CLIENT_DONE) and returns the exit code. */
int ctl_client_failed(struct ctl *ctl, enum client_end end);

/* Says an error reply and returns its exit code. */
int ctl_error_reply(enum error_code code, const char *message, const char *hint);

/* "pictl: WHAT", and "hint: HINT" unless hint is NULL or empty, on stderr. */
void ctl_error(const char *hint, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
