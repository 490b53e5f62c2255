// SPDX-License-Identifier: MIT
#include "common/join/doctor.h"

#include <inttypes.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/exit.h"
#include "common/base/json_writer.h"
#include "common/net/address.h"
#include "common/wire/names.h"

static const char *const check_names[] = {"name",  "port",  "protocol",
                                          "token", "clock", "fds"};
static const char *const finding_names[] = {"-", "ok", "warning", "wrong", "none"};

void doctor_record(struct doctor_report *r, enum doctor_check check,
                   enum doctor_finding finding, const char *hint, const char *format,
                   ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->checks[check].text, sizeof(r->checks[check].text), format, args);
    va_end(args);
    r->checks[check].finding = finding;
    r->checks[check].hint = hint;
}

/* ---- the steps ---- */

static int check_name(struct doctor_report *r, const char *where)
{
    char host[256], port[6], shown[ADDRESS_BYTES];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    if (address_split(where, host, port) < 0)
        snprintf(host, sizeof(host), "%s", where);
    int error = getaddrinfo(host, NULL, &hints, &list);
    if (error) {
        doctor_record(r, DOCTOR_NAME, DOCTOR_WRONG,
                      "try the numeric address that picoord prints", "%s: %s", host,
                      gai_strerror(error));
        return EXIT_UNREACHED;
    }
    if (getnameinfo(list->ai_addr, list->ai_addrlen, shown, sizeof(shown), NULL, 0,
                    NI_NUMERICHOST) != 0)
        snprintf(shown, sizeof(shown), "an address");
    if (strcmp(host, shown) == 0)
        doctor_record(r, DOCTOR_NAME, DOCTOR_OK, NULL, "%s", host);
    else
        doctor_record(r, DOCTOR_NAME, DOCTOR_OK, NULL, "%s is %s", host, shown);
    freeaddrinfo(list);
    return EXIT_DONE;
}

/* A name may have several addresses: this is the one that answered. */
static void name_answered(struct doctor_report *r, const struct client *client,
                          const char *where)
{
    char host[256], there[256], port[6];
    if (address_split(where, host, port) == 0 &&
        address_split(client_address(client), there, port) == 0 &&
        strcmp(host, there) != 0)
        doctor_record(r, DOCTOR_NAME, DOCTOR_OK, NULL, "%s is %s", host, there);
}

/* Assigns a Refusal to its step; earlier steps succeeded. */
static int check_refusal(struct doctor_report *r, const struct client *client)
{
    const struct msg_refusal *no = client_refusal(client);
    char remote[PROTOCOLS_TEXT_BYTES], local[PROTOCOLS_TEXT_BYTES];
    if (no->code == REFUSAL_PROTOCOL && no->protocol_max > 0 &&
        !protocols_meet(no->protocol_min, no->protocol_max)) {
        doctor_record(r, DOCTOR_PROTOCOL, DOCTOR_WRONG, no->hint,
                      "it speaks %s, this %s %s speaks %s",
                      protocols_text(remote, no->protocol_min, no->protocol_max),
                      client_program(client), PI_VERSION,
                      protocols_text(local, PROTOCOL_MIN, PROTOCOL_MAX));
    } else if (no->code == REFUSAL_TOKEN) {
        doctor_record(r, DOCTOR_PROTOCOL, DOCTOR_OK, NULL, "it answers");
        doctor_record(r, DOCTOR_TOKEN, DOCTOR_WRONG, no->hint, "%s", no->sentence);
    } else if (no->code == REFUSAL_ROLE) { /* which is right on a worker's machine */
        doctor_record(r, DOCTOR_PROTOCOL, DOCTOR_OK, NULL, "it answers");
        doctor_record(r, DOCTOR_TOKEN, DOCTOR_OK, NULL,
                      "it lets a worker in; not an operator");
        return EXIT_DONE;
    } else {
        doctor_record(r, DOCTOR_PROTOCOL, DOCTOR_WRONG, no->hint, "%s", no->sentence);
    }
    return no->code == REFUSAL_FULL ? EXIT_UNREACHED : EXIT_REFUSED;
}

static int check_connection(struct doctor_report *r, struct client *client,
                            const char *where)
{
    enum client_end end = client_connect(client, CLIENT_CONNECT_MS);
    const char *why = client_why(client);
    const struct msg_welcome *w = client_welcome(client);
    if (end == CLIENT_INTERRUPTED)
        return EXIT_SIGNAL + client_signal(client);
    if (end == CLIENT_DONE || end == CLIENT_REFUSED || end == CLIENT_FOREIGN) {
        doctor_record(r, DOCTOR_PORT, DOCTOR_OK, NULL, "%s takes connections", where);
        name_answered(r, client, where);
    }
    switch (end) {
    case CLIENT_DONE:
        doctor_record(r, DOCTOR_PROTOCOL, DOCTOR_OK, NULL, "%" PRIu32 ", picoord %s",
                      w->protocol, w->version);
        doctor_record(r, DOCTOR_TOKEN, DOCTOR_OK, NULL, "it lets %s in",
                      client_role(client) == ROLE_WORKER ? "a worker" : "an operator");
        return EXIT_DONE;
    case CLIENT_REFUSED:
        return check_refusal(r, client);
    case CLIENT_FOREIGN:
        doctor_record(r, DOCTOR_PROTOCOL, DOCTOR_WRONG, client_foreign_hint(client),
                      "%s", why);
        return EXIT_REFUSED;
    case CLIENT_TIMEOUT:
    case CLIENT_LOST:
    case CLIENT_UNREACHED:
    case CLIENT_INTERRUPTED:
    case CLIENT_UNREAD:
        break;
    }
    doctor_record(
        r, DOCTOR_PORT, DOCTOR_WRONG,
        "is picoord running there, with --lan or --listen, and no firewall between?",
        "%s: %s", where, why);
    return EXIT_UNREACHED;
}

/* Without a join string there is no key to expect, so it is asked in the clear, which
 * who wants TLS refuses: a picoord is there. */
static int check_without_token(struct doctor_report *r, struct client *client,
                               const char *where, const struct error *why)
{
    int status = check_connection(r, client, where);
    enum refusal_code code = client_refusal(client)->code;
    if (r->checks[DOCTOR_PORT].finding != DOCTOR_OK || status >= EXIT_SIGNAL)
        return status;
    if (status == EXIT_REFUSED && code == REFUSAL_PLAINTEXT)
        doctor_record(r, DOCTOR_PROTOCOL, DOCTOR_OK, NULL, "it is a picoord, with TLS");
    if (status == EXIT_DONE)
        doctor_record(r, DOCTOR_TOKEN, DOCTOR_MISSING, "say --plaintext",
                      "it has no TLS and asks for none");
    else if (code == REFUSAL_PLAINTEXT)
        doctor_record(r, DOCTOR_TOKEN, DOCTOR_MISSING, why->hint, "%s", why->what);
    return EXIT_REFUSED;
}

int doctor_connect(struct doctor_report *r, struct client *client, const char *where,
                   const struct error *no_token)
{
    int status = check_name(r, where);
    if (status)
        return status;
    return *no_token->what ? check_without_token(r, client, where, no_token)
                           : check_connection(r, client, where);
}

/* ---- the report ---- */

static bool has_hint(const struct doctor_report *r, size_t i)
{
    return r->checks[i].finding >= DOCTOR_WARNING && r->checks[i].hint &&
           *r->checks[i].hint;
}

void doctor_print(const struct doctor_report *r, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *text = r->checks[i].text;
        printf("%-9s %-8s %s\n", check_names[i], finding_names[r->checks[i].finding],
               *text ? text : "not tried");
    }
    fflush(stdout);
    for (size_t i = 0; i < n; i++)
        if (has_hint(r, i))
            fprintf(stderr, "hint: %s\n", r->checks[i].hint);
}

void doctor_print_json(const struct doctor_report *r, size_t n)
{
    struct json_writer w = json_to_stream(stdout);
    json_begin_object(&w, NULL);
    for (size_t i = 0; i < n; i++) {
        json_begin_object(&w, check_names[i]);
        json_put_text(&w, "state", finding_names[r->checks[i].finding]);
        json_put_text(&w, "text", r->checks[i].text);
        json_put_text(&w, "hint", has_hint(r, i) ? r->checks[i].hint : NULL);
        json_end(&w);
    }
    json_end_line(&w);
}
