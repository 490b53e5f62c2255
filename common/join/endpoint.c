// SPDX-License-Identifier: MIT
#include "common/join/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/exit.h"
#include "common/base/format.h"
#include "common/join/contact.h"
#include "common/join/rendezvous.h"
#include "common/net/address.h"
#include "common/sys/secure_file.h"

enum {

    SHOWN_BYTES = 128,
    LISTED = 8,                             /* coordinators that an error lists */
    JOIN_FILE_BYTES = JOIN_TEXT_BYTES + 64, /* PI_JOIN= and white space */
};

/* The address of the command line or environment, which replaces the source's. */
struct given {
    bool is;
    char host[256], port[6];
};

static enum endpoint_outcome set_absent(struct endpoint *t)
{
    t->status = EXIT_UNREACHED;
    return ENDPOINT_ABSENT;
}

static enum endpoint_outcome set_wrong(struct endpoint *t, int status)
{
    t->status = status;
    return ENDPOINT_WRONG;
}

static void set_address(struct endpoint *t, const char *host, const char *port)
{
    snprintf(t->host, sizeof(t->host), "%s", host);
    snprintf(t->port, sizeof(t->port), "%s", port);
    snprintf(t->where, sizeof(t->where), strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
             port);
}

static enum endpoint_outcome set_found(struct endpoint *t, const struct given *given,
                                       const struct join *join)
{
    if (given->is)
        set_address(t, given->host, given->port);
    else
        set_address(t, join->host, join->port);
    memcpy(t->pin, join->pin, sizeof(t->pin));
    memcpy(t->token, join->token, sizeof(t->token));
    return ENDPOINT_FOUND;
}

/* source: "PI_JOIN", or a file's name, escaped. */
static enum endpoint_outcome use_join(struct endpoint *t, const struct given *given,
                                      const char *source, const char *text)
{
    char why[JOIN_WHY_BYTES];
    struct join join;
    if (join_parse(text, &join, why) == 0)
        return set_found(t, given, &join);
    error_set(&t->why, 0,
              "copy the whole of PI_JOIN=... from the line that picoord prints",
              "%s holds no join string: %s", source, why);
    return set_wrong(t, EXIT_USAGE);
}

/* ---- files ---- */

static enum endpoint_outcome read_join_file(const struct endpoint_options *o,
                                            const struct given *given,
                                            struct endpoint *t)
{
    char text[JOIN_FILE_BYTES], shown[SHOWN_BYTES];
    if (secure_file_read_text(o->join_file, text, sizeof(text), &t->why) < 0)
        return set_wrong(t, EXIT_LOCAL);
    enum endpoint_outcome outcome =
        use_join(t, given, format_escape_str(shown, sizeof(shown), o->join_file), text);
    explicit_bzero(text, sizeof(text));
    return outcome;
}

static enum endpoint_outcome use_contact(const struct endpoint_options *o,
                                         const struct given *given, const char *text,
                                         struct endpoint *t)
{
    char shown[SHOWN_BYTES];
    struct contact contact;
    format_escape_str(shown, sizeof(shown), o->contact_file);
    if (contact_parse(text, &contact) < 0) {
        error_set(&t->why, 0, "it holds {\"addr\":\"127.0.0.1\",\"port\":31415,...}",
                  "%s is no contact file", shown);
        return set_wrong(t, EXIT_USAGE);
    }
    if (o->plaintext) {
        set_address(t, given->is ? given->host : contact.host,
                    given->is ? given->port : contact.port);
        return ENDPOINT_FOUND;
    }
    const char *join = o->role == ROLE_OPERATOR ? contact.operator_join : contact.join;
    enum endpoint_outcome outcome;
    if (*join) {
        outcome = use_join(t, given, shown, join);
    } else {
        error_set(&t->why, 0, "if it runs with --plaintext, say --plaintext here too",
                  "the picoord that wrote %s lets nobody in by a join string", shown);
        outcome = set_wrong(t, EXIT_USAGE);
    }
    explicit_bzero(&contact, sizeof(contact));
    return outcome;
}

static enum endpoint_outcome read_contact_file(const struct endpoint_options *o,
                                               const struct given *given,
                                               struct endpoint *t)
{
    char text[CONTACT_BYTES], shown[SHOWN_BYTES];
    int err = secure_file_read_text(o->contact_file, text, sizeof(text), &t->why);
    if (err == -ENOENT) {
        error_set(&t->why, 0, "picoord --contact-file F writes it once it listens",
                  "the contact file %s is not there",
                  format_escape_str(shown, sizeof(shown), o->contact_file));
        return set_absent(t);
    }
    if (err < 0)
        return set_wrong(t, EXIT_LOCAL);
    enum endpoint_outcome outcome = use_contact(o, given, text, t);
    explicit_bzero(text, sizeof(text));
    return outcome;
}

/* ---- coordinators of this user on this machine ---- */

static void error_several(const struct endpoint_options *o,
                          const struct rendezvous_entry *e, size_t n, struct error *ret)
{
    char list[LISTED * 48] = "";
    size_t used = 0;
    for (size_t i = 0; i < n && i < LISTED; i++) {
        char host[40]; /* announced hosts are loopback or bound addresses */
        snprintf(host, sizeof(host), "%.39s", e[i].join.host);
        int more =
            snprintf(list + used, sizeof(list) - used,
                     strchr(host, ':') ? "%s[%s]:%s (pid %d)" : "%s%s:%s (pid %d)",
                     i ? ", " : "", host, e[i].join.port, e[i].pid);
        if (more < 0 || (size_t)more >= sizeof(list) - used) {
            list[used] = '\0';
            break;
        }
        used += (size_t)more;
    }
    error_set(ret, 0,
              o->role == ROLE_OPERATOR ? "choose one: pictl --coordinator HOST:PORT"
                                       : "choose one: piworker HOST:PORT",
              "%zu of your picoords run on this machine: %s", n, list);
}

/* The only entry, or the only one with the given port; NULL if there is none or
 * several. */
static const struct rendezvous_entry *choose(const struct rendezvous_entry *e, size_t n,
                                             const struct given *given)
{
    const struct rendezvous_entry *chosen = NULL;
    if (n == 1)
        return e;
    for (size_t i = 0; given->is && i < n; i++) {
        if (strcmp(e[i].join.port, given->port) != 0)
            continue;
        if (chosen)
            return NULL;
        chosen = &e[i];
    }
    return chosen;
}

static enum endpoint_outcome none_here(const struct given *given, struct endpoint *t)
{
    if (given->is)
        error_set(
            &t->why, 0,
            "set PI_JOIN to the line that the picoord there prints; one of yours here "
            "is found by itself",
            "no join string says how to prove your right to %.200s:%s", given->host,
            given->port);
    else
        error_set(
            &t->why, 0,
            "start one: picoord; for one elsewhere set PI_JOIN to the line that it "
            "prints",
            "no picoord of yours runs on this machine");
    return set_absent(t);
}

static enum endpoint_outcome find_local(const struct endpoint_options *o,
                                        const struct given *given, struct endpoint *t)
{
    struct rendezvous_entry entries[RENDEZVOUS_MAX];
    size_t n;
    if (rendezvous_find(o->role, entries, &n, &t->why) < 0)
        return set_wrong(t, EXIT_LOCAL);
    const struct rendezvous_entry *chosen = choose(entries, n, given);
    enum endpoint_outcome outcome;
    if (chosen) {
        outcome = set_found(t, given, &chosen->join);
    } else if (n == 0) {
        outcome = none_here(given, t);
    } else {
        error_several(o, entries, n, &t->why);
        outcome = set_wrong(t, EXIT_USAGE);
    }
    explicit_bzero(entries, sizeof(entries));
    return outcome;
}

/* ---- the search ---- */

static const char *environment(const char *name)
{
    const char *text = getenv(name);
    return text && *text ? text : NULL;
}

static int read_given(const struct endpoint_options *o, struct given *ret,
                      struct error *why)
{
    char shown[SHOWN_BYTES];
    const char *text = o->address, *name = o->address_name;
    *ret = (struct given){.is = false};
    if (!text && !o->join_file && !o->contact_file) {
        text = environment("PI_COORDINATOR");
        name = "PI_COORDINATOR";
    }
    if (!text)
        return 0;
    ret->is = true;
    if (address_split(text, ret->host, ret->port) == 0)
        return 0;
    if (strncasecmp(text, "pi1.", 4) == 0) /* a secret: do not show it */
        return error_set(why, -EINVAL,
                         "PI_JOIN=... or --join-file take it; others see what is typed "
                         "after a command",
                         "%s%sis a join string, not an address", name ? name : "",
                         name ? " " : "the operand ");
    return error_set(why, -EINVAL,
                     "HOST, HOST:PORT or [V6]:PORT, with a port from 1 to 65535",
                     "%s%s'%s' is no address", name ? name : "", name ? " " : "",
                     format_escape_str(shown, sizeof(shown), text));
}

static enum endpoint_outcome find_plaintext(const struct endpoint_options *o,
                                            const struct given *given,
                                            struct endpoint *t)
{
    if (o->join_file) {
        error_set(&t->why, 0, "leave one of them out",
                  "--plaintext and --join-file contradict each other");
        return set_wrong(t, EXIT_USAGE);
    }
    if (o->contact_file)
        return read_contact_file(o, given, t);
    if (given->is)
        set_address(t, given->host, given->port);
    else
        set_address(t, "127.0.0.1", "31415");
    return ENDPOINT_FOUND;
}

enum endpoint_outcome endpoint_find(const struct endpoint_options *o,
                                    struct endpoint *ret)
{
    struct given given;
    const char *join = environment("PI_JOIN");
    *ret = (struct endpoint){.where = "the coordinator", .plaintext = o->plaintext};
    if (read_given(o, &given, &ret->why) < 0)
        return set_wrong(ret, EXIT_USAGE);
    if (o->plaintext)
        return find_plaintext(o, &given, ret);
    if (o->join_file)
        return read_join_file(o, &given, ret);
    if (o->contact_file)
        return read_contact_file(o, &given, ret);
    if (join)
        return use_join(ret, &given, "PI_JOIN", join);
    return find_local(o, &given, ret);
}
