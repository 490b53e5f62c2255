// SPDX-License-Identifier: MIT
#include "server/options.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
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

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

#define OPTION(name_, kind_, metavar_, help_, at_, ...)                                \
    {                                                                                  \
        .name = name_, .kind = kind_, .metavar = metavar_, .help = help_,              \
        .at = offsetof(struct server_options, at_), __VA_ARGS__                        \
    }

static const struct opt table[] = {
    OPTION("listen", OPT_LIST, "ADDR[:PORT]",
           "where, on this machine (again: there too)", listen),
    OPTION("lan", OPT_FLAG, NULL, "on every address of this machine, port 31415", lan),
    OPTION("state", OPT_STRING, "DIR", NULL, access.state, .env = "PI_STATE",
           .group = 1),
    OPTION("ephemeral", OPT_FLAG, NULL, "where jobs and counts are kept; or nowhere",
           access.ephemeral, .group = 1),
    OPTION("check", OPT_FLAG, NULL, "look whether what is kept is sound, and leave",
           check),
    OPTION("trials", OPT_TRIALS, "N", NULL, trials),
    OPTION("seed", OPT_NUMBER, "S", "start with that job (seed: drawn)", seed,
           .max = UINT64_MAX),
    OPTION("spawn", OPT_INT, "N", "start N one-thread workers here", spawn, .min = 1,
           .max = OPTIONS_SPAWN_MAX),
    OPTION("exit-when-done", OPT_FLAG, NULL, NULL, exit_when_done),
    OPTION("json", OPT_FLAG, NULL, "print the finished job [as JSON] and leave", json),
    OPTION("audit", OPT_CHOICE, "adaptive|all|none", NULL, audit),
    OPTION("audit-cpu", OPT_INT, "PERCENT",
           "what is recomputed, and of a core for it (5)", audit_cpu, .min = 1,
           .max = OPTIONS_AUDIT_CPU_MAX),
    OPTION("per-address", OPT_INT, "N", "new workers an hour from one address",
           per_address, .min = 1, .max = LIMIT_NEW_IDS_HOUR),
    OPTION("contact-file", OPT_STRING, "F", "write address and port there, as JSON",
           access.contact_file),
    OPTION("plaintext", OPT_FLAG, NULL, "frames without TLS or token too, on loopback",
           plaintext),
    OPTION("view", OPT_CHOICE, "local|open", NULL, view),
    OPTION("view-host", OPT_LIST, "NAME", "who may look, under which names",
           view_hosts),
    OPTION("show-join", OPT_FLAG, NULL, "show all who look how workers join",
           show_join),
    OPTION("log-level", OPT_CHOICE, "error|warn|info|debug", NULL, log_level),
    OPTION("log-format", OPT_CHOICE, "text|json", "on stderr", log_format),
    OPTION("config", OPT_STRING, "F", "a file of such options, one name = value a line",
           config),
    OPTION("print-config", OPT_FLAG, NULL, "show each value and where it came from",
           print_config),
    OPT_END,
};

static const char *const examples[] = {
    "picoord                                            wait for jobs and workers",
    "picoord --ephemeral --trials 1e9 --spawn 2 --exit-when-done     compute pi here",
    NULL,
};

const struct opt_command picoord_command = {
    .program = "picoord",
    .usage = "[OPTION]...",
    .summary = "Hands out trials to workers and adds up what they count.",
    .versions = "protocol 1, libuv " TEXT(UV_VERSION_MAJOR) "." TEXT(
        UV_VERSION_MINOR) "." TEXT(UV_VERSION_PATCH) ", protobuf-c " PROTOBUF_C_VERSION,
    .examples = examples,
    .options = table,
};

/* ---- addresses ---- */

static int bad_listen(const char *text, const char *what)
{
    char shown[128];
    return opt_usage_error(
        &picoord_command, "use ADDRESS:PORT or [V6]:PORT; port 0 is any free one",
        "--listen %s: %s", format_escape_str(shown, sizeof(shown), text), what);
}

/* False: the host is a name, not an address. */
static bool add_address(struct server_options *o, const char *host, int port)
{
    struct sockaddr_storage *a = &o->addresses[o->n_addresses++];
    return uv_ip4_addr(host, port, (struct sockaddr_in *)a) == 0 ||
           uv_ip6_addr(host, port, (struct sockaddr_in6 *)a) == 0;
}

/* 0, or the exit status. */
static int take_listen(struct server_options *o, const char *text)
{
    char host[256], port[6];
    if (o->n_addresses == OPTIONS_LISTEN_MAX)
        return bad_listen(text, "is one too many");
    if (address_split(text, host, port) < 0)
        return bad_listen(text, "is not an address and a port");
    if (!add_address(o, host, atoi(port)))
        return bad_listen(text, "is a name, not an address");
    return 0;
}

static int take_addresses(struct server_options *o)
{
    o->default_addresses = o->listen.n == 0;
    if (o->default_addresses) {
        add_address(o, o->lan ? "0.0.0.0" : "127.0.0.1", DEFAULT_PORT);
        add_address(o, o->lan ? "::" : "::1", DEFAULT_PORT);
    }
    for (size_t i = 0; i < o->listen.n; i++) {
        int status = take_listen(o, o->listen.items[i]);
        if (status)
            return status;
    }
    return 0;
}

/* ---- printing the values ---- */

static const char *list_text(const struct opt_list *l, char *buf, size_t size)
{
    char item[256];
    size_t used = 0;
    for (size_t i = 0; i < l->n && used < size; i++)
        used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? " " : "",
                                 format_escape_str(item, sizeof(item), l->items[i]));
    return buf;
}

static const char *value_text(const struct server_options *o, const struct opt *opt,
                              char *buf, size_t size)
{
    const void *at = (const char *)o + opt->at;
    size_t used = 0;
    buf[0] = '\0';
    switch (opt->kind) {
    case OPT_FLAG:
        return *(const bool *)at ? "true" : "false";
    case OPT_STRING:
        return format_escape_str(buf, size, *(const char *const *)at);
    case OPT_LIST:
        if (at == &o->view_hosts)
            return list_text(&o->view_hosts, buf, size);
        for (size_t i = 0; i < o->n_addresses && used < size; i++) {
            char address[ADDRESS_BYTES];
            address_text((const struct sockaddr *)&o->addresses[i], address);
            used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? " " : "",
                                     address);
        }
        break;
    case OPT_TRIALS:
    case OPT_NUMBER:
        snprintf(buf, size, "%llu", (unsigned long long)*(const uint64_t *)at);
        break;
    case OPT_INT:
        snprintf(buf, size, "%d", *(const int *)at);
        break;
    case OPT_CHOICE: {
        const char *word = opt->metavar;
        for (int i = 0; i < *(const int *)at; i++)
            word = strchr(word, '|') + 1;
        snprintf(buf, size, "%.*s", (int)strcspn(word, "|"), word);
        break;
    }
    case OPT_REAL:
    case OPT_DURATION:
        break; /* picoord has none */
    }
    return buf;
}

static void print_config(const struct server_options *o,
                         const struct opt_values *values)
{
    static const char *const from[] = {[OPT_UNSET] = "default",
                                       [OPT_FROM_CONFIG] = "config file",
                                       [OPT_FROM_ENV] = "environment",
                                       [OPT_FROM_FLAG] = "flag"};
    char buf[OPTIONS_LISTEN_MAX * ADDRESS_BYTES];
    for (const struct opt *opt = table; opt->name; opt++)
        printf("%-15s %-32s %s\n", opt->name, value_text(o, opt, buf, sizeof(buf)),
               from[opt_source(table, values, opt->name)]);
}

/* ---- parsing ---- */

static bool options_fail(struct server_options *o)
{
    options_release(o);
    return false;
}

/* Options for viewers on other machines require that those may view, and can
 * connect. */
static int check_view(const struct server_options *o)
{
    if (o->view_hosts.n > 0 && !o->view)
        return opt_usage_error(&picoord_command, "add --view open",
                               "--view-host is for those who come from elsewhere");
    if (o->show_join && !o->view)
        return opt_usage_error(&picoord_command, "add --view open",
                               "--show-join is for those who come from elsewhere");
    if (o->show_join && o->default_addresses && !o->lan)
        return opt_usage_error(&picoord_command, "add --lan",
                               "--show-join: no other machine could join");
    return 0;
}

uint32_t options_audit_cpu_most(void)
{
    return 100 * cpu_count_usable().mask;
}

static int check_audit_cpu(const struct server_options *o)
{
    uint32_t most = options_audit_cpu_most();
    char hint[64];
    snprintf(hint, sizeof(hint), "%u %% is all of it", most);
    if ((uint32_t)o->audit_cpu <= most)
        return 0;
    return opt_usage_error(&picoord_command, hint,
                           "--audit-cpu %d is more than this machine has",
                           o->audit_cpu);
}

bool options_parse(int argc, char **argv, struct server_options *ret, int *ret_status)
{
    struct opt_values values = {.at = ret};
    struct opt_operands operands;
    *ret = (struct server_options){.audit_cpu = 5,
                                   .log_level = LOG_LEVEL_INFO,
                                   .per_address = LIMIT_NEW_IDS_HOUR_ORIGIN};
    if (!opt_parse(&picoord_command, argc, argv, &values, NULL, &operands, ret_status))
        return false;
    if (ret->config && (*ret_status = opt_config(&picoord_command, &values, ret->config,
                                                 "config print-config")))
        return options_fail(ret);
    ret->seed_given = opt_source(table, &values, "seed") != OPT_UNSET;
    if (ret->lan && ret->listen.n > 0)
        *ret_status = opt_usage_error(&picoord_command, "leave one of them out",
                                      "--lan and --listen say two things");
    if (*ret_status == 0)
        *ret_status = take_addresses(ret);
    if (*ret_status == 0 && ret->seed_given && ret->trials == 0)
        *ret_status = opt_usage_error(&picoord_command, "add --trials N",
                                      "--seed is the seed of a job, and there is none");
    if (*ret_status == 0 && ret->json && !ret->exit_when_done)
        *ret_status =
            opt_usage_error(&picoord_command, "add --exit-when-done",
                            "--json is for the finished job, which is printed "
                            "only with --exit-when-done");
    if (*ret_status == 0 && ret->check && ret->access.ephemeral)
        *ret_status = opt_usage_error(&picoord_command, "leave out --ephemeral",
                                      "--check looks at what is kept on disk");
    if (*ret_status == 0)
        *ret_status = check_view(ret);
    if (*ret_status == 0)
        *ret_status = check_audit_cpu(ret);
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
}

bool options_may_lack(const struct server_options *o, size_t i, int err)
{
    return o->default_addresses && i > 0 &&
           (err == UV_EADDRNOTAVAIL || err == UV_EAFNOSUPPORT);
}
