// SPDX-License-Identifier: MIT
#include "server/access/access.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/join/join.h"
#include "common/join/rendezvous.h"
#include "common/sys/log.h"
#include "server/access/contact_file.h"
#include "server/access/identity.h"
#include "server/startup_error.h"
#include "server/store/check.h"

struct access {
    const struct options *options;
    struct identity *identity;
    SSL_CTX *tls;
    struct advertised reach[ADVERTISED_MAX]; /* none before access_announce() */
    size_t n_advertised;
    struct rendezvous *rendezvous; /* NULL: could not be */
    bool told;                     /* the contact file has been written, */
    struct output contact;         /* and there it is */
};

/* As it is named; identity_directory() is what was found there. */
static int name_directory(const struct options *o, char ret[PATH_MAX],
                          struct error *why)
{
    if (!o->state)
        return identity_default_dir(ret, PATH_MAX, why);
    if (snprintf(ret, PATH_MAX, "%s", o->state) >= PATH_MAX)
        return error_set(why, -ENAMETOOLONG, NULL,
                         "the name of the state directory is too long");
    return 0;
}

static int open_directory(struct access *a,
                          int open(const char *, struct identity **, struct error *))
{
    struct error why;
    char named[PATH_MAX];
    int err = name_directory(a->options, named, &why);
    if (err == 0)
        err = open(named, &a->identity, &why);
    return err < 0 ? startup_error_print(&why) : 0;
}

int access_new(const struct options *options, struct access **ret)
{
    struct access *a = mem_zero(1, sizeof(*a));
    int status = 0;
    a->options = options;
    if (options->ephemeral)
        a->identity = identity_new();
    else
        status = open_directory(a, identity_open);
    if (status) {
        free(a);
        return status;
    }
    a->tls = tls_server(identity_key(a->identity), identity_certificate(a->identity));
    *ret = a;
    return 0;
}

int access_check(const struct options *options)
{
    char path[PATH_MAX + 16];
    struct access *a = mem_zero(1, sizeof(*a));
    a->options = options;
    int status = open_directory(a, identity_only_lock);
    if (status) {
        free(a);
        return status;
    }
    snprintf(path, sizeof(path), "%s/state.db", access_directory(a));
    status = check_file(path);
    access_free(a);
    return status;
}

void access_leave_now(struct access *a)
{
    if (!a)
        return;
    rendezvous_withdraw(a->rendezvous);
    a->rendezvous = NULL;
    if (a->told)
        output_withdraw(&a->contact);
    a->told = false;
}

void access_free(struct access *a)
{
    if (!a)
        return;
    access_leave_now(a);
    SSL_CTX_free(a->tls);
    identity_free(a->identity);
    free(a);
}

SSL_CTX *access_tls(const struct access *a)
{
    return a->tls;
}

const uint8_t *access_state_key(const struct access *a)
{
    return identity_state_key(a->identity);
}

const char *access_directory(const struct access *a)
{
    return identity_directory(a->identity);
}

enum auth access_authorize(const struct access *a, enum role role, const uint8_t *proof,
                           size_t bytes)
{
    return identity_right(a->identity, role, proof, bytes);
}

/* ---- join strings ---- */

size_t access_advertised(const struct access *a, const struct advertised **ret)
{
    *ret = a->reach;
    return a->n_advertised;
}

void access_join(const struct access *a, enum role role, const struct advertised *at,
                 char ret[JOIN_TEXT_BYTES])
{
    identity_join(a->identity, role, at->host, at->port, ret);
}

/* Peers on this machine come by its loopback address, if it listens there. */
static const struct advertised *local_reach(const struct access *a)
{
    for (size_t i = 0; i < a->n_advertised; i++)
        if (a->reach[i].local)
            return &a->reach[i];
    return &a->reach[0];
}

void access_local_join(const struct access *a, char ret[JOIN_TEXT_BYTES])
{
    access_join(a, ROLE_WORKER, local_reach(a), ret);
}

void access_print_joins(const struct access *a, FILE *out)
{
    char join[JOIN_TEXT_BYTES];
    for (size_t i = 0; i < a->n_advertised && (i == 0 || !a->reach[i].local); i++) {
        access_join(a, ROLE_WORKER, &a->reach[i], join);
        fprintf(out, "PI_JOIN=%s piworker\n", join);
    }
}

/* ---- where they are found ---- */

static int write_contact(struct access *a)
{
    struct output made;
    char workers[JOIN_TEXT_BYTES], operators[JOIN_TEXT_BYTES],
        address[ADDRESS_BYTES + 16];
    const struct advertised *at = &a->reach[0];
    access_join(a, ROLE_WORKER, at, workers);
    access_join(a, ROLE_OPERATOR, at, operators);
    snprintf(address, sizeof(address), strchr(at->host, ':') ? "[%s]:%s" : "%s:%s",
             at->host, at->port);
    int err = contact_file_write(a->options->contact_file, address, workers, operators,
                                 &made);
    if (err < 0)
        return err;
    a->told = true;
    a->contact = made;
    return 0;
}

static void leave_at_rendezvous(struct access *a)
{
    struct error why;
    char workers[JOIN_TEXT_BYTES], operators[JOIN_TEXT_BYTES];
    access_join(a, ROLE_WORKER, local_reach(a), workers);
    access_join(a, ROLE_OPERATOR, local_reach(a), operators);
    int err = a->rendezvous
                  ? rendezvous_renew(a->rendezvous, workers, operators, &why)
                  : rendezvous_announce(workers, operators, &a->rendezvous, &why);
    if (err < 0)
        log_warn("programs on this machine do not find this picoord by themselves",
                 log_str("why", why.what), log_str("hint", why.hint));
}

int access_announce(struct access *a, const char (*listening)[ADDRESS_BYTES], size_t n)
{
    struct error why;
    a->n_advertised = advertise_addresses(listening, n, a->reach);
    leave_at_rendezvous(a);
    if (!a->options->contact_file)
        return 0;
    int err = write_contact(a);
    if (err == 0)
        return 0;
    (void)error_set(&why, err,
                    err == -ENXIO ? "start its reader first"
                    : err == -EPIPE
                        ? NULL
                        : "name a file in a folder that is there and may be written to",
                    "cannot write the contact file %s: %s", a->options->contact_file,
                    err == -ENXIO ? "nobody reads from it" : uv_strerror(err));
    return startup_error_print(&why);
}

/* ---- tokens ---- */

static void tell_others(struct access *a)
{
    if (a->rendezvous)
        leave_at_rendezvous(a);
    int err = a->told ? write_contact(a) : 0;
    if (err < 0)
        log_warn(
            "the contact file still has the old token",
            log_str("why", err == -ENXIO ? "nobody reads from it" : uv_strerror(err)));
}

int access_rotate(struct access *a, enum role role, struct error *ret_why)
{
    int err = identity_rotate(a->identity, role, ret_why);
    if (err == 0)
        tell_others(a);
    return err;
}

void access_joins(const struct access *a, struct access_joins *ret)
{
    for (size_t i = 0; i < a->n_advertised; i++) {
        access_join(a, ROLE_WORKER, &a->reach[i], ret->workers[i]);
        access_join(a, ROLE_OPERATOR, &a->reach[i], ret->operators[i]);
        ret->at[i] = ret->workers[i];
        ret->at[ADVERTISED_MAX + i] = ret->operators[i];
    }
    ret->view = (struct joins_view){.n_workers = a->n_advertised,
                                    .n_operators = a->n_advertised,
                                    .workers = ret->at,
                                    .operators = ret->at + ADVERTISED_MAX};
}
