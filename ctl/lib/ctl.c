// SPDX-License-Identifier: MIT
#include "ctl/lib/ctl.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/format.h"
#include "common/join/endpoint.h"
#include "common/wire/wire.h"

enum { FIND_MS = 1000, FIND_EVERY_MS = 50 };

const struct opt ctl_common_options[] = {
    {.name = "coordinator",
     .metavar = "HOST:PORT",
     .help = "default: PI_JOIN, PI_COORDINATOR, else yours here",
     .kind = OPT_STRING,
     .group = 1,
     .no_variable = true, /* endpoint_find() reads it */
     .at = offsetof(struct ctl_options, coordinator)},
    {.name = "join-file",
     .metavar = "F",
     .help = "a file with an operator's join string",
     .kind = OPT_STRING,
     .group = 1,
     .at = offsetof(struct ctl_options, join_file)},
    {.name = "contact-file",
     .metavar = "F",
     .help = "the one that picoord wrote says where it is",
     .kind = OPT_STRING,
     .group = 1,
     .at = offsetof(struct ctl_options, contact_file)},
    {.name = "plaintext",
     .help = "no TLS, for a picoord that has it so too",
     .kind = OPT_FLAG,
     .at = offsetof(struct ctl_options, plaintext)},
    {.name = "json",
     .help = "answer in JSON; 64-bit integers as strings",
     .kind = OPT_FLAG,
     .at = offsetof(struct ctl_options, json)},
    OPT_END,
};

enum { COMMANDS_MAX = 64 };

const struct subcommand *ctl_find(const struct command_table *table, const char *name)
{
    for (size_t i = 0; i < table->n; i++)
        if (strcmp(table->items[i]->command->name, name) == 0)
            return table->items[i];
    return NULL;
}

/* What people type who know other tools, and what it is called here. */
static const char *hint_for(const char *word)
{
    static const char *const others[][2] = {
        {"ls", "pictl jobs lists the jobs, pictl workers the workers"},
        {"list", "pictl jobs lists the jobs, pictl workers the workers"},
        {"ps", "pictl jobs lists the jobs, pictl workers the workers"},
        {"nodes", "pictl workers lists them"},
        {"run", "pictl submit --trials N submits a job, with --wait to its end"},
        {"start", "pictl submit --trials N submits a job; a worker is: piworker"},
        {"stop", "pictl cancel JOB, pictl pause JOB; of a worker: pictl drain WORKER"},
        {"kill", "pictl cancel JOB; of a worker: pictl kick WORKER"},
        {"delete", "pictl rm JOB removes one that has ended, pictl cancel JOB ends it"},
        {"remove", "pictl rm JOB removes one that has ended, pictl cancel JOB ends it"},
        {"top", "pictl watch shows a job's progress, pictl status how all goes"},
        {"show", "pictl status shows a job, pictl token show the join lines"},
        {"info", "pictl status shows a job and the coordinator"},
        {"log", "pictl events shows what has happened; picoord logs to its stderr"},
        {"logs", "pictl events shows what has happened; picoord logs to its stderr"},
        {"tail", "pictl events --follow shows what happens"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        if (strcmp(others[i][0], word) == 0)
            return others[i][1];
    return NULL;
}

int ctl_unknown(const struct command_table *table, const char *word)
{
    const char *words[COMMANDS_MAX], *hint = hint_for(word);
    assert(table->n <= COMMANDS_MAX);
    if (hint)
        return opt_usage_error(table->command, hint, "there is no command '%s'", word);
    for (size_t i = 0; i < table->n; i++)
        words[i] = table->items[i]->command->name;
    return opt_unknown(table->command, "command", word, words, table->n);
}

void ctl_error_as(const char *code, const char *hint, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    opt_message("pictl", code, hint, format, args);
    va_end(args);
}

void ctl_error(const char *hint, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    opt_message("pictl", "FAILED", hint, format, args);
    va_end(args);
}

void ctl_note(const char *hint, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    opt_message("pictl", NULL, hint, format, args);
    va_end(args);
}

bool ctl_parse(struct ctl *ctl, const struct subcommand *s, int argc, char **argv,
               struct opt_values *values, struct opt_operands *ret_operands,
               int *ret_status)
{
    return opt_parse(s->command, argc, argv, values, &ctl->values, ret_operands,
                     ret_status);
}

enum endpoint_outcome ctl_look(const struct ctl *ctl, struct endpoint *ret)
{
    const struct endpoint_options options = {
        .address = ctl->options.coordinator,
        .address_name = "--coordinator",
        .join_file = ctl->options.join_file,
        .contact_file = ctl->options.contact_file,
        .plaintext = ctl->options.plaintext,
        .role = ROLE_OPERATOR,
    };
    return endpoint_find(&options, ret);
}

static void set_where(struct ctl *ctl, const char *where)
{
    free(ctl->where);
    ctl->where = strdup(where);
    if (!ctl->where)
        abort();
}

void ctl_use(struct ctl *ctl, struct endpoint *endpoint)
{
    if (endpoint->warning.what[0])
        ctl_note(endpoint->warning.hint, "warning: %s", endpoint->warning.what);
    ctl->client = client_new(endpoint);
    set_where(ctl, endpoint->where);
    explicit_bzero(endpoint, sizeof(*endpoint));
}

/* A coordinator that has just been started needs a moment until it can be found. */
static enum endpoint_outcome await_endpoint(const struct ctl *ctl, struct endpoint *ret)
{
    static const struct timespec pause = {.tv_nsec = FIND_EVERY_MS * 1000000};
    enum endpoint_outcome outcome = ctl_look(ctl, ret);
    for (int ms = 0; outcome == ENDPOINT_ABSENT && ms < FIND_MS; ms += FIND_EVERY_MS) {
        nanosleep(&pause, NULL);
        outcome = ctl_look(ctl, ret);
    }
    return outcome;
}

static const char *code_of(int status)
{
    switch (status) {
    case EXIT_USAGE:
        return "USAGE";
    case EXIT_UNREACHED:
        return "UNREACHED";
    case EXIT_REFUSED:
        return "REFUSED";
    case EXIT_TIMEOUT:
        return "TIMEOUT";
    }
    return "FAILED";
}

int ctl_endpoint(struct ctl *ctl)
{
    struct endpoint endpoint;
    if (ctl->client)
        return EXIT_DONE;
    if (await_endpoint(ctl, &endpoint) != ENDPOINT_FOUND) {
        ctl_error_as(code_of(endpoint.status), endpoint.why.hint, "%s",
                     endpoint.why.what);
        return endpoint.status;
    }
    ctl_use(ctl, &endpoint);
    return EXIT_DONE;
}

bool ctl_find_again(struct ctl *ctl)
{
    struct endpoint endpoint;
    bool differs = ctl_look(ctl, &endpoint) == ENDPOINT_FOUND &&
                   client_set_endpoint(ctl->client, &endpoint);
    if (differs)
        set_where(ctl, endpoint.where);
    explicit_bzero(&endpoint, sizeof(endpoint));
    return differs;
}

/* Reports a Refusal.  Only FULL is temporary, so it counts as unreached. */
static int report_refusal(const struct ctl *ctl)
{
    const struct msg_refusal *r = client_refusal(ctl->client);
    char remote[PROTOCOLS_TEXT_BYTES], local[PROTOCOLS_TEXT_BYTES];
    if (r->code == REFUSAL_PROTOCOL && r->protocol_max > 0 &&
        !protocols_meet(r->protocol_min, r->protocol_max))
        ctl_error_as("REFUSED", *r->hint ? r->hint : "bring both to the same release",
                     "%s speaks protocol %s, this pictl %s speaks %s", ctl->where,
                     protocols_text(remote, r->protocol_min, r->protocol_max),
                     PI_VERSION, protocols_text(local, PROTOCOL_MIN, PROTOCOL_MAX));
    else
        ctl_error_as(r->code == REFUSAL_FULL ? "UNREACHED" : "REFUSED", r->hint,
                     "%s refused this pictl: %s", ctl->where, r->sentence);
    return r->code == REFUSAL_FULL ? EXIT_UNREACHED : EXIT_REFUSED;
}

int ctl_client_failed(struct ctl *ctl, enum client_end end)
{
    const char *why = client_why(ctl->client);
    switch (end) {
    case CLIENT_DONE:
        return EXIT_DONE;
    case CLIENT_TIMEOUT:
        ctl_error_as("TIMEOUT", "it may be busy or stopped; try again",
                     "%s has not answered in time", ctl->where);
        return EXIT_TIMEOUT;
    case CLIENT_LOST:
        ctl_error_as("UNREACHED", "'pictl status' tells whether it is back",
                     "lost the connection to %s: %s", ctl->where, why);
        return EXIT_UNREACHED;
    case CLIENT_UNREACHED:
        ctl_error_as("UNREACHED",
                     "is picoord running there? Its banner and log name the address: "
                     "--coordinator HOST:PORT",
                     "cannot reach %s: %s", ctl->where, why);
        return EXIT_UNREACHED;
    case CLIENT_REFUSED:
        return report_refusal(ctl);
    case CLIENT_FOREIGN:
        ctl_error_as("REFUSED", client_foreign_hint(ctl->client), "%s %s", ctl->where,
                     why);
        return EXIT_REFUSED;
    case CLIENT_INTERRUPTED:
        return EXIT_SIGNAL + client_signal(ctl->client);
    case CLIENT_UNREAD:
        return EXIT_DONE; /* a reader that stops early is no failure */
    }
    return EXIT_NO;
}

int ctl_error_reply(enum error_code code, const char *message, const char *hint)
{
    char said[4 * TEXT_BYTES], hinted[4 * TEXT_BYTES];
    format_escape_str(said, sizeof(said), message);
    format_escape_str(hinted, sizeof(hinted), hint);
    static const struct {
        const char *word;
        int status;
    } codes[] = {
        {"FAILED", EXIT_NO}, /* an unknown code */
        [ERROR_BAD_REQUEST] = {"BAD_REQUEST", EXIT_USAGE},
        [ERROR_NO_SUCH_JOB] = {"NO_SUCH_JOB", EXIT_UNKNOWN},
        [ERROR_NO_SUCH_WORKER] = {"NO_SUCH_WORKER", EXIT_UNKNOWN},
        [ERROR_NOT_POSSIBLE] = {"NOT_POSSIBLE", EXIT_NO},
        [ERROR_STORAGE] = {"STORAGE", EXIT_LOCAL},
    };
    size_t at = code < ARRAY_SIZE(codes) ? code : 0;
    ctl_error_as(codes[at].word, hinted, "%s", said);
    return codes[at].status;
}

void ctl_close(struct ctl *ctl)
{
    client_free(ctl->client);
    free(ctl->where);
    ctl->client = NULL;
    ctl->where = NULL;
}

int ctl_connect(struct ctl *ctl)
{
    int status = ctl_endpoint(ctl);
    if (status || client_connected(ctl->client))
        return status;
    return ctl_client_failed(ctl, client_connect(ctl->client, CLIENT_CONNECT_MS));
}

struct exchange {
    uint32_t id;
    struct replies *replies;
    bool mixed; /* replies of several kinds, against the protocol */
};

static bool on_reply(void *ctx, const struct msg_reply *r)
{
    struct exchange *e = ctx;
    if (r->id != e->id)
        return false;
    e->mixed = replies_add(e->replies, r) < 0;
    return r->last || e->mixed;
}

enum client_end ctl_exchange(struct ctl *ctl, const struct msg_request *r,
                             int64_t timeout_ms, struct replies *ret)
{
    struct exchange e = {.id = client_send(ctl->client, r), .replies = ret};
    enum client_end end = client_run(ctl->client, timeout_ms, on_reply, &e);
    if (e.mixed)
        replies_release(ret);
    return end;
}

int ctl_unasked(const struct ctl *ctl)
{
    ctl_error_as("REFUSED", "bring both to the same release",
                 "%s has sent an answer that does not fit the question", ctl->where);
    return EXIT_REFUSED;
}

int ctl_check_answer(struct ctl *ctl, enum reply_body want, const struct replies *r)
{
    if (!r->empty && r->body == REPLY_ERROR)
        return ctl_error_reply(r->error, r->message, r->hint);
    if (!r->empty && r->body == want && (want != REPLY_LEDGER || r->has_job))
        return EXIT_DONE;
    return ctl_unasked(ctl);
}

int ctl_call(struct ctl *ctl, const struct msg_request *r, enum reply_body want,
             struct replies *ret)
{
    replies_init(ret);
    int status = ctl_connect(ctl);
    if (status)
        return status;
    enum client_end end = ctl_exchange(ctl, r, CLIENT_REPLY_MS, ret);
    if (end != CLIENT_DONE)
        return ctl_client_failed(ctl, end);
    return ctl_check_answer(ctl, want, ret);
}

/* ---- the command line ---- */

static const struct opt *find_option(const struct opt *options, const char *typed)
{
    size_t n = strcspn(typed, "=");
    for (const struct opt *o = options; o && o->name; o++) {
        bool is_letter = n == 2 && typed[1] == o->letter;
        if (is_letter ||
            (n > 2 && strncmp(o->name, typed + 2, n - 2) == 0 && !o->name[n - 2]))
            return o;
    }
    return NULL;
}

/* The subcommand that has this option: the one that is typed behind it, else the first.
 */
static const struct subcommand *owner(const struct command_table *table,
                                      const char *typed, char **behind)
{
    for (; *behind; behind++) {
        const struct subcommand *s = ctl_find(table, *behind);
        if (s && find_option(s->command->options, typed))
            return s;
    }
    for (size_t i = 0; i < table->n; i++)
        if (find_option(table->items[i]->command->options, typed))
            return table->items[i];
    return NULL;
}

/* Before the command, "--help COMMAND" is "help COMMAND", and an option of a command is
 * told where it belongs.  False: exit with *ret_status. */
static bool check_order(const struct ctl *ctl, char **argv, int *ret_status)
{
    for (char **at = argv + 1; *at && **at == '-'; at++) {
        bool help = strcmp(*at, "--help") == 0 || strcmp(*at, "-h") == 0;
        const struct subcommand *s = help && at[1] ? ctl_find(ctl->table, at[1]) : NULL;
        if (s) {
            opt_help_print(s->command);
            *ret_status = EXIT_DONE;
            return false;
        }
        const struct opt *o = find_option(ctl->table->command->options, *at);
        if (o && o->kind != OPT_FLAG && !strchr(*at, '=') && at[1])
            at++;
        s = o || help ? NULL : owner(ctl->table, *at, at + 1);
        if (s) {
            char hint[TEXT_BYTES];
            const char *name = s->command->name;
            snprintf(hint, sizeof(hint), "pictl %s %s", name, s->command->usage);
            *ret_status =
                opt_usage_error(ctl->table->command, hint, "%.*s comes after %s",
                                (int)strcspn(*at, "="), *at, name);
            return false;
        }
    }
    return true;
}

static bool wants_json(char **argv)
{
    while (*++argv)
        if (strcmp(*argv, "--json") == 0)
            return true;
    return false;
}

int ctl_main(const struct command_table *table, int argc, char **argv,
             void on_end(void))
{
    struct ctl ctl = {.table = table};
    struct opt_operands operands;
    int status;
    ctl.values.at = &ctl.options;
    opt_messages_as_json(wants_json(argv)); /* whatever is wrong with the others */
    if (!check_order(&ctl, argv, &status) ||
        !opt_parse(table->command, argc, argv, &ctl.values, NULL, &operands, &status))
        return status;
    if (ctl.options.json)
        opt_messages_as_json(true);
    const struct subcommand *s = ctl_find(table, operands.items[0]);
    if (!s)
        return ctl_unknown(table, operands.items[0]);
    status = s->run(&ctl, operands.n, operands.items);
    on_end();
    ctl_close(&ctl);
    return status;
}
