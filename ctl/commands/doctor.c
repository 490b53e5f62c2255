// SPDX-License-Identifier: MIT
/*
 * pictl doctor: checks the connection to a coordinator step by step, then the
 * coordinator's clock and descriptors.  Prints a line for each step.  Steps after the
 * first failure are not tried.
 */
#include <inttypes.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "common/base/format.h"
#include "common/base/json_writer.h"
#include "common/net/address.h"
#include "common/wire/names.h"
#include "ctl/commands/subcommands.h"

enum { CLOCK_MS = 5000 /* larger differences give a warning */, FDS_PERCENT = 90 };

static const char *const examples[] = {
    "pictl doctor",
    "pictl doctor lab-01",
    NULL,
};

static const struct opt_command command = {
    .program = "pictl",
    .name = "doctor",
    .usage = "[HOST[:PORT]]",
    .summary = "Tries the way to the coordinator step by step.",
    .examples = examples,
    .common = ctl_common_options,
    .operand = "HOST",
    .max_operands = 1,
};

enum check {
    CHECK_NAME,
    CHECK_PORT,
    CHECK_PROTOCOL,
    CHECK_TOKEN,
    CHECK_CLOCK,
    CHECK_FDS
};
enum finding {
    FINDING_UNTRIED,
    FINDING_OK,
    FINDING_WARNING,
    FINDING_WRONG,
    FINDING_MISSING
};

static const char *const check_names[] = {"name",  "port",  "protocol",
                                          "token", "clock", "fds"};
static const char *const finding_names[] = {"-", "ok", "warning", "wrong", "none"};

struct doctor_report {
    struct {
        enum finding finding;
        char text[5 * TEXT_BYTES];
        const char *hint; /* borrowed; NULL: none */
    } checks[CHECK_FDS + 1];
};

__attribute__((format(printf, 5, 6))) static void
record(struct doctor_report *r, enum check check, enum finding finding,
       const char *hint, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->checks[check].text, sizeof(r->checks[check].text), format, args);
    va_end(args);
    r->checks[check].finding = finding;
    r->checks[check].hint = hint;
}

/* ---- connecting ---- */

static int check_name(struct doctor_report *r, const char *where)
{
    char host[256], port[6], shown[ADDRESS_BYTES];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    if (address_split(where, host, port) < 0)
        snprintf(host, sizeof(host), "%s", where);
    int error = getaddrinfo(host, NULL, &hints, &list);
    if (error) {
        record(r, CHECK_NAME, FINDING_WRONG,
               "try the numeric address that picoord prints", "%s: %s", host,
               gai_strerror(error));
        return EXIT_UNREACHED;
    }
    if (getnameinfo(list->ai_addr, list->ai_addrlen, shown, sizeof(shown), NULL, 0,
                    NI_NUMERICHOST) != 0)
        snprintf(shown, sizeof(shown), "an address");
    if (strcmp(host, shown) == 0)
        record(r, CHECK_NAME, FINDING_OK, NULL, "%s", host);
    else
        record(r, CHECK_NAME, FINDING_OK, NULL, "%s is %s", host, shown);
    freeaddrinfo(list);
    return EXIT_DONE;
}

/* A name may have several addresses: this is the one that answered. */
static void name_answered(struct doctor_report *r, const struct ctl *ctl)
{
    char host[256], there[256], port[6];
    if (address_split(ctl->where, host, port) == 0 &&
        address_split(client_address(ctl->client), there, port) == 0 &&
        strcmp(host, there) != 0)
        record(r, CHECK_NAME, FINDING_OK, NULL, "%s is %s", host, there);
}

/* Assigns a Refusal to its step; earlier steps succeeded. */
static int check_refusal(struct doctor_report *r, const struct ctl *ctl)
{
    const struct msg_refusal *no = client_refusal(ctl->client);
    char remote[PROTOCOLS_TEXT_BYTES], local[PROTOCOLS_TEXT_BYTES];
    if (no->code == REFUSAL_PROTOCOL && no->protocol_max > 0 &&
        !protocols_meet(no->protocol_min, no->protocol_max)) {
        record(r, CHECK_PROTOCOL, FINDING_WRONG, no->hint,
               "it speaks %s, this pictl %s speaks %s",
               protocols_text(remote, no->protocol_min, no->protocol_max), PI_VERSION,
               protocols_text(local, PROTOCOL_MIN, PROTOCOL_MAX));
    } else if (no->code == REFUSAL_TOKEN) {
        record(r, CHECK_PROTOCOL, FINDING_OK, NULL, "it answers");
        record(r, CHECK_TOKEN, FINDING_WRONG, no->hint, "%s", no->sentence);
    } else if (no->code == REFUSAL_ROLE) { /* which is right on a worker's machine */
        record(r, CHECK_PROTOCOL, FINDING_OK, NULL, "it answers");
        record(r, CHECK_TOKEN, FINDING_OK, NULL,
               "it lets a worker in; not an operator");
        return EXIT_DONE;
    } else {
        record(r, CHECK_PROTOCOL, FINDING_WRONG, no->hint, "%s", no->sentence);
    }
    return no->code == REFUSAL_FULL ? EXIT_UNREACHED : EXIT_REFUSED;
}

static int check_connection(struct doctor_report *r, struct ctl *ctl)
{
    enum client_end end = client_connect(ctl->client, CLIENT_CONNECT_MS);
    const char *why = client_why(ctl->client);
    const struct msg_welcome *w = client_welcome(ctl->client);
    if (end == CLIENT_INTERRUPTED)
        return EXIT_SIGNAL + client_signal(ctl->client);
    if (end == CLIENT_DONE || end == CLIENT_REFUSED || end == CLIENT_FOREIGN) {
        record(r, CHECK_PORT, FINDING_OK, NULL, "%s takes connections", ctl->where);
        name_answered(r, ctl);
    }
    switch (end) {
    case CLIENT_DONE:
        record(r, CHECK_PROTOCOL, FINDING_OK, NULL, "%" PRIu32 ", picoord %s",
               w->protocol, w->version);
        record(r, CHECK_TOKEN, FINDING_OK, NULL, "it lets an operator in");
        return EXIT_DONE;
    case CLIENT_REFUSED:
        return check_refusal(r, ctl);
    case CLIENT_FOREIGN:
        record(r, CHECK_PROTOCOL, FINDING_WRONG, ctl_foreign_hint(ctl), "%s", why);
        return EXIT_REFUSED;
    case CLIENT_TIMEOUT:
    case CLIENT_LOST:
    case CLIENT_UNREACHED:
    case CLIENT_INTERRUPTED:
    case CLIENT_UNREAD:
        break;
    }
    record(r, CHECK_PORT, FINDING_WRONG,
           "is picoord running there, with --lan or --listen, and no firewall between?",
           "%s: %s", ctl->where, why);
    return EXIT_UNREACHED;
}

/* Without a join string there is no key to expect, so it is asked in the clear, which
 * who wants TLS refuses: a picoord is there. */
static int check_without_token(struct doctor_report *r, struct ctl *ctl,
                               const struct error *why)
{
    int status = check_connection(r, ctl);
    enum refusal_code code = client_refusal(ctl->client)->code;
    if (r->checks[CHECK_PORT].finding != FINDING_OK || status >= EXIT_SIGNAL)
        return status;
    if (status == EXIT_REFUSED && code == REFUSAL_PLAINTEXT)
        record(r, CHECK_PROTOCOL, FINDING_OK, NULL, "it is a picoord, with TLS");
    if (status == EXIT_DONE)
        record(r, CHECK_TOKEN, FINDING_MISSING, "say --plaintext",
               "it has no TLS and asks for none");
    else if (code == REFUSAL_PLAINTEXT)
        record(r, CHECK_TOKEN, FINDING_MISSING, why->hint, "%s", why->what);
    return EXIT_REFUSED;
}

/* ---- asking the coordinator ---- */

static int64_t wall_ms(void)
{
    struct timeval now;
    gettimeofday(&now, NULL);
    return (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

static void check_clock(struct doctor_report *r, int64_t remote_ms, int64_t local_ms)
{
    char apart[FORMAT_MAX];
    int64_t ahead_ms = remote_ms - local_ms,
            apart_ms = ahead_ms < 0 ? -ahead_ms : ahead_ms;
    if (remote_ms == 0)
        record(r, CHECK_CLOCK, FINDING_UNTRIED, NULL, "it does not tell");
    else if (apart_ms <= CLOCK_MS)
        record(r, CHECK_CLOCK, FINDING_OK, NULL, "%s apart",
               format_duration(apart, sizeof(apart), apart_ms));
    else
        record(r, CHECK_CLOCK, FINDING_WARNING,
               "timedatectl set-ntp true, on both sides",
               "%s %s: leases use monotonic time, so results are unaffected",
               format_duration(apart, sizeof(apart), apart_ms),
               ahead_ms < 0 ? "behind" : "ahead");
}

static void check_fds(struct doctor_report *r, const struct host_view *h)
{
    if (h->fds_limit == 0)
        record(r, CHECK_FDS, FINDING_UNTRIED, NULL, "it does not tell");
    else
        record(r, CHECK_FDS,
               (uint64_t)h->fds_used * 100 > (uint64_t)h->fds_limit * FDS_PERCENT
                   ? FINDING_WARNING
                   : FINDING_OK,
               "raise LimitNOFILE= or 'ulimit -n 65536' where picoord starts",
               "%" PRIu32 " of %" PRIu32 " in use, %" PRIu32 " connection%s",
               h->fds_used, h->fds_limit, h->connections,
               h->connections == 1 ? "" : "s");
}

/* Assumes that the coordinator read its clock half a round trip before the reply came.
 */
static int check_host(struct doctor_report *r, struct ctl *ctl)
{
    struct replies replies;
    replies_init(&replies);
    int64_t asked_ms = wall_ms();
    enum client_end end = ctl_exchange(
        ctl, &(struct msg_request){.verb = REQUEST_STATUS}, CLIENT_REPLY_MS, &replies);
    int64_t local_ms = asked_ms + (wall_ms() - asked_ms) / 2;
    int status = EXIT_DONE;
    if (end == CLIENT_INTERRUPTED) {
        status = EXIT_SIGNAL + client_signal(ctl->client);
    } else if (end != CLIENT_DONE || replies.empty || replies.body != REPLY_STATUS) {
        status = end == CLIENT_TIMEOUT ? EXIT_TIMEOUT : EXIT_UNREACHED;
        record(r, CHECK_CLOCK, FINDING_WRONG, "it may be busy or stopped; try again",
               "no answer to a question: %s", client_why(ctl->client));
    } else {
        check_clock(r, replies.status.host.time_ms, local_ms);
        check_fds(r, &replies.status.host);
    }
    replies_release(&replies);
    return status;
}

/* ---- the report ---- */

static void print_lines(const struct doctor_report *r)
{
    for (size_t i = 0; i < ARRAY_SIZE(r->checks); i++) {
        const char *text = r->checks[i].text;
        printf("%-9s %-8s %s\n", check_names[i], finding_names[r->checks[i].finding],
               *text ? text : "not tried");
    }
    fflush(stdout);
    for (size_t i = 0; i < ARRAY_SIZE(r->checks); i++)
        if (r->checks[i].finding >= FINDING_WARNING && r->checks[i].hint &&
            *r->checks[i].hint)
            fprintf(stderr, "hint: %s\n", r->checks[i].hint);
}

static void print_json(const struct doctor_report *r)
{
    struct json_writer w = json_to_stream(stdout);
    json_begin_object(&w, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(r->checks); i++) {
        bool hint = r->checks[i].finding >= FINDING_WARNING && r->checks[i].hint;
        json_begin_object(&w, check_names[i]);
        json_put_text(&w, "state", finding_names[r->checks[i].finding]);
        json_put_text(&w, "text", r->checks[i].text);
        json_put_text(&w, "hint", hint ? r->checks[i].hint : NULL);
        json_end(&w);
    }
    json_end_line(&w);
}

/* All steps as far as they go. */
static int examine(struct doctor_report *r, struct ctl *ctl,
                   const struct error *no_token)
{
    int status = check_name(r, ctl->where);
    if (status)
        return status;
    if (*no_token->what)
        return check_without_token(r, ctl, no_token);
    status = check_connection(r, ctl);
    return status || !client_connected(ctl->client) ? status : check_host(r, ctl);
}

/* Where nothing holds a token for the address, it is found without one, and *ret says
 * why there is none. */
static int find(struct ctl *ctl, struct error *ret)
{
    struct endpoint endpoint;
    *ret = (struct error){.what = ""};
    enum endpoint_outcome outcome = ctl_look(ctl, &endpoint);
    if (outcome == ENDPOINT_ABSENT && !ctl->options.contact_file) {
        *ret = endpoint.why;
        ctl->options.plaintext = true;
        outcome = ctl_look(ctl, &endpoint);
    }
    if (outcome == ENDPOINT_FOUND) {
        ctl_use(ctl, &endpoint);
        return EXIT_DONE;
    }
    ctl_error(endpoint.why.hint, "%s", endpoint.why.what);
    return endpoint.status;
}

static int doctor_run(struct ctl *ctl, int argc, char **argv)
{
    struct opt_operands operands;
    struct doctor_report report = {0};
    struct error no_token;
    int status;
    if (!ctl_parse(ctl, &subcommand_doctor, argc, argv, NULL, &operands, &status))
        return status;
    if (operands.n > 0)
        ctl->options.coordinator = operands.items[0];
    status = find(ctl, &no_token);
    if (status)
        return status;
    status = examine(&report, ctl, &no_token);
    if (status >= EXIT_SIGNAL)
        return status;
    if (ctl->options.json)
        print_json(&report);
    else
        print_lines(&report);
    return status;
}

const struct subcommand subcommand_doctor = {.command = &command, .run = doctor_run};
