// SPDX-License-Identifier: MIT
#include "server/options.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <protobuf-c/protobuf-c.h>
#include <uv.h>

#include "common/base/format.h"
#include "common/cli/opt_config.h"
#include "common/cli/term.h"
#include "common/net/address.h"
#include "common/sys/cpu_count.h"
#include "common/sys/log.h"
#include "common/wire/limits.h"
#include "server/access/identity.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

#define OPTION(name_, kind_, metavar_, help_, at_, ...)                                \
    {                                                                                  \
        .name = name_, .kind = kind_, .metavar = metavar_, .help = help_,              \
        .at = offsetof(struct server_options, at_), __VA_ARGS__                        \
    }

static const struct opt table[] = {
    OPTION("listen", OPT_LIST, "ADDR[:PORT]", NULL, listen, .group = 2),
    OPTION("lan", OPT_FLAG, NULL, NULL, lan, .group = 2),
    OPTION("room", OPT_FLAG, NULL, "where (again: too); everywhere; for all to join",
           room, .group = 2),
    OPTION("advertise", OPT_STRING, "HOST:PORT", "where others reach it, if elsewhere",
           access.advertise),
    OPTION("state", OPT_STRING, "DIR", NULL, access.state, .group = 1),
    OPTION("ephemeral", OPT_FLAG, NULL, "where jobs and counts are kept; or nowhere",
           access.ephemeral, .group = 1),
    OPTION("check", OPT_FLAG, NULL, NULL, check, .group = 3, .no_variable = true),
    OPTION("init", OPT_FLAG, NULL,
           "is what is kept sound?; make keys, print join lines", init, .group = 3,
           .no_variable = true),
    OPTION("trials", OPT_TRIALS, "N", NULL, trials, .no_variable = true),
    OPTION("seed", OPT_NUMBER, "S", NULL, seed, .max = UINT64_MAX, .no_variable = true),
    OPTION("program", OPT_STRING, "NAME", NULL, program, .no_variable = true),
    OPTION("arg", OPT_STRING, "TEXT", "start with that job", arg, .no_variable = true),
    OPTION("offer", OPT_LIST, "NAME=COMMAND", "a program that counts hits, for audits",
           offer, .separator = '\n'),
    OPTION("spawn", OPT_INT, "N", NULL, spawn, .min = 1, .max = OPTIONS_SPAWN_MAX,
           .group = 3),
    OPTION("scaling", OPT_INT, "P", "N one-thread workers here; 1, 2, 4 .. P in turn",
           scaling, .min = 1, .max = OPTIONS_SPAWN_MAX, .group = 3,
           .no_variable = true),
    OPTION("exit-when-done", OPT_FLAG, NULL, NULL, exit_when_done),
    OPTION("json", OPT_FLAG, NULL, "print the finished job [as JSON] and leave", json),
    OPTION("audit", OPT_CHOICE, "adaptive|all|none", NULL, audit),
    OPTION("audit-cpu", OPT_INT, "PERCENT",
           "what is recomputed, and of a core for it (5)", audit_cpu, .min = 1,
           .max = OPTIONS_AUDIT_CPU_MAX),
    OPTION("per-address", OPT_INT, "N", "new workers an hour from one address",
           per_address, .min = 1, .max = LIMIT_NEW_IDS_HOUR),
    OPTION("grace", OPT_DURATION, "D", "when told to stop, wait for leases so long",
           grace_ms),
    OPTION("contact-file", OPT_STRING, "F", "write address and port there, as JSON",
           access.contact_file),
    OPTION("plaintext", OPT_FLAG, NULL, "frames without TLS or token too, on loopback",
           plaintext),
    OPTION("view", OPT_CHOICE, "local|open", NULL, view),
    OPTION("view-host", OPT_LIST, "NAME", NULL, view_hosts),
    OPTION("show-join", OPT_FLAG, NULL, "who may look; and see how workers join",
           show_join),
    OPTION("log-level", OPT_CHOICE, "error|warn|info|debug", NULL, log_level),
    OPTION("log-format", OPT_CHOICE, "text|json", "on stderr", log_format),
    OPTION("config", OPT_STRING, "F", NULL, config),
    OPTION("print-config", OPT_FLAG, NULL,
           "a file of options, name = value; print them as one", print_config,
           .no_variable = true),
    OPT_END,
};

static const char *const examples[] = {
    "picoord                                            wait for jobs and workers",
    "picoord --ephemeral --trials 1e9 --spawn 2 --exit-when-done     compute pi here",
    NULL,
};

#define PORT_HINT "the port is part of the address: --listen 127.0.0.1:8080"

static const struct opt_elsewhere elsewhere[] = {
    {"port", PORT_HINT},
    {"p", PORT_HINT},
    {"host", "the address, as 127.0.0.1:8080, goes to --listen"},
    {"bind", "the address, as 127.0.0.1:8080, goes to --listen"},
    {NULL, NULL},
};

const struct opt_command picoord_command = {
    .program = "picoord",
    .usage = "[OPTION]...",
    .summary = "Hands out trials to workers and adds up what they count.",
    .versions = "protocol 1, libuv " TEXT(UV_VERSION_MAJOR) "." TEXT(
        UV_VERSION_MINOR) "." TEXT(UV_VERSION_PATCH) ", protobuf-c " PROTOBUF_C_VERSION,
    .examples = examples,
    .options = table,
    .elsewhere = elsewhere,
};

/* How messages name an option, by where its value came from. */
static const char *subject_of(const struct opt_values *values, const char *name,
                              char ret[OPT_SUBJECT_BYTES])
{
    size_t i = 0;
    while (strcmp(table[i].name, name) != 0)
        i++;
    return opt_subject(&table[i], values->from[i], ret);
}

/* ---- addresses ---- */

static int bad_listen(const struct opt_values *values, const char *text,
                      const char *what)
{
    char shown[128], subject[OPT_SUBJECT_BYTES];
    return opt_usage_error(
        &picoord_command,
        "such as --listen 127.0.0.1:8080 or [::1]:8080; port 0 is any free one",
        "%s %s: %s", subject_of(values, "listen", subject),
        format_escape_str(shown, sizeof(shown), text), what);
}

/* False: the host is a name, not an address. */
static bool add_address(struct server_options *o, const char *host, int port)
{
    struct sockaddr_storage *a = &o->addresses[o->n_addresses++];
    return uv_ip4_addr(host, port, (struct sockaddr_in *)a) == 0 ||
           uv_ip6_addr(host, port, (struct sockaddr_in6 *)a) == 0;
}

/* As address_split(); a port alone, "8080" or ":8080", is on loopback, and so is
 * "localhost": what names no address is open to nobody else. */
static int split_listen(const char *text, char host[256], char port[6])
{
    bool alone = address_port(text + (*text == ':'), port) == 0;
    if (!alone && address_split(text, host, port) < 0)
        return -EINVAL;
    if (alone || strcasecmp(host, "localhost") == 0)
        strcpy(host, "127.0.0.1");
    return 0;
}

/* 0, or the exit status. */
static int take_listen(struct server_options *o, const struct opt_values *values,
                       const char *text)
{
    char host[256], port[6];
    if (o->n_addresses == OPTIONS_LISTEN_MAX)
        return bad_listen(values, text, "is one too many");
    if (split_listen(text, host, port) < 0)
        return bad_listen(values, text, "is not an address and a port");
    if (!add_address(o, host, atoi(port)))
        return bad_listen(values, text, "is a name, not an address");
    return 0;
}

/* The address for other machines: its port must be known before it is listened on where
 * nothing is (--init). */
static int check_advertise(const struct server_options *o,
                           const struct opt_values *values)
{
    char host[256], port[6], shown[128], subject[OPT_SUBJECT_BYTES];
    const struct sockaddr_in *first = (const struct sockaddr_in *)&o->addresses[0];
    const char *given = o->access.advertise;
    if (given && (address_split(given, host, port) < 0 || strcmp(port, "0") == 0))
        return opt_usage_error(&picoord_command, "HOST:PORT, as other machines dial it",
                               "%s '%s' is no address",
                               subject_of(values, "advertise", subject),
                               format_escape_str(shown, sizeof(shown), given));
    if (o->init && first->sin_port == 0)
        return opt_usage_error(
            &picoord_command, "say a port other than 0",
            "--init: a port that is chosen later is in no join line");
    return 0;
}

static int take_addresses(struct server_options *o, const struct opt_values *values)
{
    o->default_addresses = o->listen.n == 0;
    if (o->default_addresses) {
        bool all = o->lan || o->room;
        add_address(o, all ? "0.0.0.0" : "127.0.0.1", DEFAULT_PORT);
        add_address(o, all ? "::" : "::1", DEFAULT_PORT);
    }
    for (size_t i = 0; i < o->listen.n; i++) {
        int status = take_listen(o, values, o->listen.items[i]);
        if (status)
            return status;
    }
    return 0;
}

/* ---- printing the values ---- */

#define NOT_IN_FILE "config print-config"

/* Fills in what holds where nothing was said: the state directory, the addresses. */
static void print_config(struct server_options *o, const struct opt_values *values)
{
    char directory[PATH_MAX], text[OPTIONS_LISTEN_MAX][ADDRESS_BYTES];
    const char *items[OPTIONS_LISTEN_MAX];
    struct opt_list given = o->listen;
    struct error why;
    if (!o->access.state && !o->access.ephemeral &&
        identity_default_dir(directory, sizeof(directory), &why) == 0)
        o->access.state = directory;
    for (size_t i = 0; i < o->n_addresses; i++) {
        address_text((const struct sockaddr *)&o->addresses[i], text[i]);
        items[i] = text[i];
    }
    o->listen = (struct opt_list){.items = items, .n = o->n_addresses};
    opt_config_print(&picoord_command, values, NOT_IN_FILE);
    o->listen = given;
}

/* ---- parsing ---- */

static bool options_fail(struct server_options *o)
{
    options_release(o);
    return false;
}

/* What --room stands for, besides --lan. */
static int take_room(struct server_options *o, const struct opt_values *values)
{
    char subject[OPT_SUBJECT_BYTES];
    enum opt_source of_view = opt_source(table, values, "view");
    if (!o->room)
        return 0;
    if (!o->view && of_view != OPT_UNSET &&
        of_view >= opt_source(table, values, "room"))
        return opt_usage_error(&picoord_command, "leave out one of them",
                               "%s local: the page of --room is for all who come",
                               subject_of(values, "view", subject));
    o->view = 1;
    o->show_join = true;
    return 0;
}

/* Options for viewers on other machines require that those may view, and can
 * connect. */
static int check_view(const struct server_options *o, const struct opt_values *values)
{
    char subject[OPT_SUBJECT_BYTES];
    if (o->show_join && !o->view)
        return opt_usage_error(&picoord_command, "add --view open",
                               "%s is for those who come from elsewhere",
                               subject_of(values, "show-join", subject));
    if (o->show_join && o->default_addresses && !o->lan && !o->room &&
        !o->access.advertise)
        return opt_usage_error(&picoord_command, "add --lan",
                               "%s: no other machine could join",
                               subject_of(values, "show-join", subject));
    return 0;
}

/* The programs, and the one of the job of --trials. */
static int take_programs(struct server_options *o, const struct opt_values *values)
{
    struct error why;
    char subject[OPT_SUBJECT_BYTES];
    if (offers_parse(subject_of(values, "offer", subject), o->offer.items, o->offer.n,
                     &o->offers, &why) < 0 ||
        (o->arg && offer_check_arg("--arg", o->arg, &why) < 0))
        return opt_usage_error(&picoord_command, why.hint, "%s", why.what);
    if (o->program && o->trials == 0)
        return opt_usage_error(&picoord_command, "add --trials N",
                               "--program is that of a job, and there is none");
    if (o->arg && !o->program)
        return opt_usage_error(&picoord_command, "add --program NAME",
                               "--arg is for a program, and there is none");
    if (o->program && o->trials > PROGRAM_TRIALS_MAX)
        return opt_usage_error(&picoord_command, "--trials 7e13 at most",
                               "a program's job has at most 2^46 trials");
    return 0;
}

uint32_t options_audit_cpu_most(void)
{
    return 100 * cpu_count_usable().mask;
}

static int check_audit_cpu(const struct server_options *o,
                           const struct opt_values *values)
{
    uint32_t most = options_audit_cpu_most();
    char hint[64], subject[OPT_SUBJECT_BYTES];
    snprintf(hint, sizeof(hint), "%u %% is all of it", most);
    if ((uint32_t)o->audit_cpu <= most)
        return 0;
    return opt_usage_error(&picoord_command, hint,
                           "%s %d is more than this machine has",
                           subject_of(values, "audit-cpu", subject), o->audit_cpu);
}

/* What means nothing without another option; from the environment, which is for other
 * programs too, it is not heeded then. */
static int check_alone(const struct server_options *o, const struct opt_values *values)
{
    if (o->seed_given && o->trials == 0)
        return opt_usage_error(&picoord_command, "add --trials N",
                               "--seed is the seed of a job, and there is none");
    if (o->scaling && o->trials == 0)
        return opt_usage_error(&picoord_command, "add --trials N",
                               "--scaling is of a job, and there is none");
    if (o->init && o->access.ephemeral)
        return opt_usage_error(&picoord_command, "leave out --ephemeral",
                               "--init makes what is kept on disk");
    if (o->json && !o->exit_when_done && !o->scaling &&
        opt_source(table, values, "json") != OPT_FROM_ENV)
        return opt_usage_error(&picoord_command, "add --exit-when-done",
                               "--json is for the finished job, which is printed "
                               "only with --exit-when-done");
    if (o->check && o->access.ephemeral)
        return opt_usage_error(&picoord_command, "leave out --ephemeral",
                               "--check looks at what is kept on disk");
    return 0;
}

bool options_parse(int argc, char **argv, struct server_options *ret, int *ret_status)
{
    struct opt_values values = {.at = ret};
    struct opt_operands operands;
    *ret = (struct server_options){.log_level = LOG_LEVEL_INFO,
                                   .per_address = LIMIT_NEW_IDS_HOUR_ORIGIN};
    if (!opt_parse(&picoord_command, argc, argv, &values, NULL, &operands, ret_status))
        return options_fail(ret);
    if (ret->config &&
        (*ret_status = opt_config(&picoord_command, &values, ret->config, NOT_IN_FILE)))
        return options_fail(ret);
    ret->seed_given = opt_source(table, &values, "seed") != OPT_UNSET;
    *ret_status = take_room(ret, &values);
    if (*ret_status == 0)
        *ret_status = take_addresses(ret, &values);
    if (*ret_status == 0)
        *ret_status = check_advertise(ret, &values);
    if (*ret_status == 0)
        *ret_status = check_alone(ret, &values);
    if (*ret_status == 0)
        *ret_status = check_view(ret, &values);
    if (*ret_status == 0)
        *ret_status = check_audit_cpu(ret, &values);
    if (*ret_status == 0)
        *ret_status = take_programs(ret, &values);
    ret->access.names = ret->view_hosts.items;
    ret->access.n_names = ret->view_hosts.n;
    /* A command that computes and exits shows a progress bar and the answer, no log. */
    if (ret->exit_when_done && term_is(STDERR_FILENO) &&
        opt_source(table, &values, "log-level") == OPT_UNSET)
        ret->log_level = LOG_LEVEL_WARN;
    if (*ret_status == 0 && ret->print_config)
        print_config(ret, &values);
    if (*ret_status == 0 && !ret->print_config)
        return true;
    return options_fail(ret);
}

void options_release(struct server_options *o)
{
    opt_list_release(&o->listen);
    opt_list_release(&o->view_hosts);
    opt_list_release(&o->offer);
}

bool options_may_lack(const struct server_options *o, size_t i, int err)
{
    return o->default_addresses && i > 0 &&
           (err == UV_EADDRNOTAVAIL || err == UV_EAFNOSUPPORT);
}
