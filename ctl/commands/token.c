// SPDX-License-Identifier: MIT
/* pictl token: shows the join strings, or rotates a token. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/json_writer.h"
#include "common/join/fetch.h"
#include "common/join/join.h"
#include "ctl/commands/subcommands.h"

struct token_options {
    bool operator_;
};

static const struct opt options[] = {
    {.name = "operator",
     .help = "the operator's token instead of the workers'",
     .kind = OPT_FLAG,
     .at = offsetof(struct token_options, operator_)},
    OPT_END,
};

static const char *const examples[] = {
    "PI_JOIN=$(pictl token show | head -n 1) piworker",
    "pictl token rotate",
    NULL,
};

static const char *const notes[] = {
    "Lines to type, the one that most machines can use first; into a pipe or a file",
    "join strings alone. rotate makes a new token: who came in by the old one is",
    "sent away, now and for good.",
    NULL,
};

static const struct opt_command command = {
    .program = "pictl",
    .name = "token",
    .usage = "show | rotate [--operator]",
    .summary = "Shows what a worker (or an operator) needs to come in, or renews it.",
    .examples = examples,
    .notes = notes,
    .options = options,
    .common = ctl_common_options,
    .operand = "show|rotate",
    .min_operands = 1,
    .max_operands = 1,
};

static void put_array(struct json_writer *w, const char *name, const char *const *joins,
                      size_t n)
{
    json_begin_array(w, name);
    for (size_t i = 0; i < n; i++)
        json_put_text(w, NULL, joins[i]);
    json_end(w);
}

static bool is_loopback(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
           strcmp(host, "localhost") == 0;
}

/* A line to type, under what it is for. */
static void print_line(const char *text, bool operator_)
{
    char why[JOIN_WHY_BYTES];
    struct join join;
    bool parsed = join_parse(text, &join, why) == 0;
    const char *whom = operator_ ? "operators, not workers, " : "";
    if (parsed && is_loopback(join.host))
        printf("%son this machine:\n", whom);
    else
        printf("%son machines that reach %s:\n", whom,
               parsed ? join.host : "this coordinator");
    printf("  PI_JOIN=%s %s\n", text, operator_ ? "pictl status" : "piworker");
    explicit_bzero(&join, sizeof(join));
}

/* For Linux machines without piworker. */
static void print_fetch(const char *join)
{
    char line[FETCH_LINE_BYTES];
    if (fetch_line(join, line) == 0)
        printf("on Linux machines without piworker:\n  %s\n", line);
    explicit_bzero(line, sizeof(line));
}

static void put_fetches(struct json_writer *w, const struct joins_view *j)
{
    char line[FETCH_LINE_BYTES];
    json_begin_array(w, "fetch");
    for (size_t i = 0; i < j->n_workers && j->fetch; i++)
        if (fetch_line(j->workers[i], line) == 0)
            json_put_text(w, NULL, line);
    json_end(w);
    explicit_bzero(line, sizeof(line));
}

static void put_joins(const struct ctl *ctl, const struct joins_view *j, bool operator_)
{
    if (ctl->options.json) {
        struct json_writer w = json_to_stream(stdout);
        json_begin_object(&w, NULL);
        put_array(&w, "worker", j->workers, j->n_workers);
        put_array(&w, "operator", j->operators, j->n_operators);
        put_fetches(&w, j);
        json_end_line(&w);
        return;
    }
    size_t n = operator_ ? j->n_operators : j->n_workers;
    bool people = isatty(STDOUT_FILENO);
    for (size_t i = 0; i < n; i++) {
        const char *join = operator_ ? j->operators[i] : j->workers[i];
        if (people)
            print_line(join, operator_);
        else
            puts(join);
    }
    if (j->fetch && people && !operator_ && n > 0)
        print_fetch(j->workers[0]);
}

static int token_run(struct ctl *ctl, int argc, char **argv)
{
    static const char *const verbs[] = {"show", "rotate"};
    struct token_options o = {.operator_ = false};
    struct opt_values values = {.at = &o};
    struct opt_operands operands;
    struct replies replies;
    int status;
    if (!ctl_parse(ctl, &subcommand_token, argc, argv, &values, &operands, &status))
        return status;
    bool rotate = strcmp(operands.items[0], "rotate") == 0;
    if (!rotate && strcmp(operands.items[0], "show") != 0)
        return opt_unknown(&command, "verb", operands.items[0], verbs,
                           ARRAY_SIZE(verbs));
    struct msg_request r = {.verb = REQUEST_TOKEN, .rotate = rotate};
    if (rotate)
        r.role = o.operator_ ? ROLE_OPERATOR : ROLE_WORKER;
    status = ctl_call(ctl, &r, REPLY_TOKEN, &replies);
    if (status == EXIT_DONE && rotate)
        fprintf(stderr,
                "pictl: the old %s token no longer works; %" PRIu32 " connection%s "
                "ended\n",
                o.operator_ ? "operator" : "worker", replies.ended,
                replies.ended == 1 ? "" : "s");
    if (status == EXIT_DONE)
        put_joins(ctl, &replies.joins, o.operator_);
    replies_release(&replies);
    return status;
}

const struct subcommand subcommand_token = {
    .command = &command, .run = token_run, .operand_words = "show rotate"};
