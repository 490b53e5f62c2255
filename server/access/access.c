// SPDX-License-Identifier: MIT
#include "server/access/access.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/join/fetch.h"
#include "common/join/join.h"
#include "common/join/rendezvous.h"
#include "common/sys/log.h"
#include "server/access/certificate.h"
#include "server/access/contact_file.h"
#include "server/access/identity.h"

enum { WATCH_MS = 1000 };

static_assert(1 + (int)ADVERTISED_MAX <= (int)CERTIFICATE_NAMES,
              "each address is in the certificate");

struct access {
    struct access_config config;
    struct identity *identity;
    SSL_CTX *tls;
    struct advertised addresses[ADVERTISED_MAX]; /* none before access_announce() */
    size_t n_advertised;
    bool cut_off;                  /* see access_is_cut_off() */
    struct rendezvous *rendezvous; /* NULL: not possible on this machine */
    bool contact_written;          /* the contact file was written, */
    struct output contact;         /* and this undoes it */
    struct error said;             /* why peers of this machine do not find it */
    uv_timer_t timer; /* of access_watch(): active until access_unwatch() */
    uv_fs_t look;     /* at the contact file, whose disk may stall */
    bool looking;
    int contact_error; /* of writing it again */
};

/* The directory as named by the user; identity_directory() returns the resolved
 * path. */
static int name_directory(const struct access_config *config, char ret[PATH_MAX],
                          struct error *why)
{
    if (!config->state)
        return identity_default_dir(ret, PATH_MAX, why);
    if (snprintf(ret, PATH_MAX, "%s", config->state) >= PATH_MAX)
        return error_set(why, -ENAMETOOLONG, NULL,
                         "the name of the state directory is too long");
    return 0;
}

static int open_directory(const struct access_config *config, struct access **ret,
                          int open(const char *, struct identity **, struct error *),
                          struct error *why)
{
    char named[PATH_MAX];
    struct identity *identity = NULL;
    int err = name_directory(config, named, why);
    if (err == 0)
        err = open(named, &identity, why);
    if (err < 0)
        return err;
    *ret = mem_zero(1, sizeof(**ret));
    (*ret)->config = *config;
    (*ret)->identity = identity;
    return 0;
}

int access_new(const struct access_config *config, struct access **ret,
               struct error *ret_why)
{
    struct access *a;
    if (config->ephemeral) {
        a = mem_zero(1, sizeof(*a));
        a->config = *config;
        a->identity = identity_new();
    } else {
        int err = open_directory(config, &a, identity_open, ret_why);
        if (err < 0)
            return err;
    }
    a->tls = tls_server(identity_key(a->identity), identity_certificate(a->identity));
    *ret = a;
    return 0;
}

int access_lock(const struct access_config *config, struct access **ret,
                struct error *ret_why)
{
    return open_directory(config, ret, identity_only_lock, ret_why);
}

void access_leave_now(struct access *a)
{
    if (!a)
        return;
    rendezvous_withdraw(a->rendezvous);
    a->rendezvous = NULL;
    if (a->contact_written)
        output_withdraw(&a->contact);
    a->contact_written = false;
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

bool access_made(const struct access *a)
{
    return identity_made(a->identity);
}

enum auth access_authorize(const struct access *a, enum role role, const uint8_t *proof,
                           size_t bytes)
{
    return identity_authorize(a->identity, role, proof, bytes);
}

/* ---- join strings ---- */

size_t access_advertised(const struct access *a, const struct advertised **ret)
{
    *ret = a->addresses;
    return a->n_advertised;
}

void access_join(const struct access *a, enum role role, const struct advertised *at,
                 char ret[JOIN_TEXT_BYTES])
{
    identity_join(a->identity, role, at->host, at->port, ret);
}

/* Peers on this machine use its loopback address, if picoord listens there. */
static const struct advertised *local_address(const struct access *a)
{
    for (size_t i = 0; i < a->n_advertised; i++)
        if (a->addresses[i].local)
            return &a->addresses[i];
    return &a->addresses[0];
}

void access_local_join(const struct access *a, char ret[JOIN_TEXT_BYTES])
{
    access_join(a, ROLE_WORKER, local_address(a), ret);
}

bool access_is_cut_off(const struct access *a)
{
    return a->cut_off;
}

static bool print_lines(const struct access *a, FILE *out,
                        void (*print)(FILE *out, const char *join))
{
    char join[JOIN_TEXT_BYTES];
    size_t n = a->cut_off ? 0 : a->n_advertised;
    for (size_t i = 0; i < n && (i == 0 || !a->addresses[i].local); i++) {
        access_join(a, ROLE_WORKER, &a->addresses[i], join);
        print(out, join);
    }
    return n > 0;
}

static void print_join(FILE *out, const char *join)
{
    fprintf(out, "PI_JOIN=%s piworker\n", join);
}

bool access_print_joins(const struct access *a, FILE *out)
{
    return print_lines(a, out, print_join);
}

static void print_fetch(FILE *out, const char *join)
{
    char line[FETCH_LINE_BYTES];
    if (fetch_line(join, line) == 0)
        fprintf(out, "%s\n", line);
}

bool access_print_fetches(const struct access *a, FILE *out)
{
    return print_lines(a, out, print_fetch);
}

/* Sets a->addresses. */
static void know_addresses(struct access *a, const char (*listening)[ADDRESS_BYTES],
                           size_t n)
{
    a->n_advertised = advertise_addresses(listening, n, a->addresses);
    if (a->config.advertise)
        a->n_advertised =
            advertise_first(a->config.advertise, a->addresses, a->n_advertised);
}

/* The certificate names all by which this coordinator is dialled, for those who do not
 * pin its key, such as Prometheus. */
static void certify(struct access *a)
{
    const char *names[CERTIFICATE_NAMES];
    char host[CERTIFICATE_NAME_BYTES + 1] = "";
    struct error why;
    size_t n = 0;
    if (gethostname(host, sizeof(host) - 1) == 0)
        names[n++] = host;
    for (size_t i = 0; i < a->n_advertised; i++)
        names[n++] = a->addresses[i].host;
    for (size_t i = 0; i < a->config.n_names && n < CERTIFICATE_NAMES; i++)
        names[n++] = a->config.names[i];
    int err = identity_certify(a->identity, names, n, &why);
    if (err == 0)
        return;
    tls_server_renew(a->tls, identity_certificate(a->identity));
    if (err < 0)
        log_warn("the new certificate cannot be stored", log_str("why", why.what),
                 log_str("hint", why.hint));
    else if (!identity_made(a->identity) && identity_directory(a->identity))
        log_info("the certificate is new, for names and addresses of now; its key and "
                 "the join strings stay",
                 log_str("state", identity_directory(a->identity)));
}

void access_print_secrets(struct access *a, const char (*listening)[ADDRESS_BYTES],
                          size_t n, FILE *out)
{
    char workers[JOIN_TEXT_BYTES], operators[JOIN_TEXT_BYTES];
    know_addresses(a, listening, n);
    certify(a);
    access_join(a, ROLE_WORKER, &a->addresses[0], workers);
    access_join(a, ROLE_OPERATOR, &a->addresses[0], operators);
    fprintf(out, "PI_JOIN=%s piworker\nPI_JOIN=%s pictl\n", workers, operators);
}

/* ---- announcing ---- */

static int write_contact(struct access *a)
{
    struct output made;
    char workers[JOIN_TEXT_BYTES], operators[JOIN_TEXT_BYTES],
        address[sizeof(a->addresses[0].host) + 16];
    const struct advertised *at = &a->addresses[0];
    access_join(a, ROLE_WORKER, at, workers);
    access_join(a, ROLE_OPERATOR, at, operators);
    snprintf(address, sizeof(address), strchr(at->host, ':') ? "[%s]:%s" : "%s:%s",
             at->host, at->port);
    int err =
        contact_file_write(a->config.contact_file, address, workers, operators, &made);
    if (err < 0)
        return err;
    a->contact_written = true;
    a->contact = made;
    return 0;
}

static void announce_rendezvous(struct access *a)
{
    struct error why;
    char workers[JOIN_TEXT_BYTES], operators[JOIN_TEXT_BYTES],
        local_workers[JOIN_TEXT_BYTES];
    const struct advertised *at = local_address(a);
    const struct rendezvous_joins joins = {workers, operators, local_workers};
    access_join(a, ROLE_WORKER, at, workers);
    access_join(a, ROLE_OPERATOR, at, operators);
    identity_local_join(a->identity, at->host, at->port, local_workers);
    int err = a->rendezvous ? rendezvous_renew(a->rendezvous, &joins, &why)
                            : rendezvous_announce(&joins, &a->rendezvous, &why);
    if (err < 0 && strcmp(why.what, a->said.what) != 0)
        log_warn("programs on this machine do not find this picoord by themselves",
                 log_str("why", why.what), log_str("hint", why.hint));
    a->said = err < 0 ? why : (struct error){.what = ""};
}

/* A wildcard stands for other machines too, any other address for itself. */
static bool has_wildcard(const char (*listening)[ADDRESS_BYTES], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strncmp(listening[i], "0.0.0.0:", 8) || !strncmp(listening[i], "[::]:", 5))
            return true;
    return false;
}

int access_announce(struct access *a, const char (*listening)[ADDRESS_BYTES], size_t n,
                    struct error *ret_why)
{
    const char *hint = "name a file in a folder that is there and may be written to";
    know_addresses(a, listening, n);
    certify(a);
    a->cut_off = a->addresses[0].local && has_wildcard(listening, n);
    announce_rendezvous(a);
    int err = a->config.contact_file ? write_contact(a) : 0;
    if (err == 0)
        return 0;
    if (err == -ENXIO || err == -EPIPE)
        hint = err == -ENXIO ? "start its reader first" : NULL;
    return error_set(ret_why, err, hint, "cannot write the contact file %s: %s",
                     a->config.contact_file,
                     err == -ENXIO ? "nobody reads from it" : uv_strerror(err));
}

/* ---- what has gone is announced again ---- */

static void look_for_rendezvous(struct access *a)
{
    if (a->rendezvous && rendezvous_is_found(a->rendezvous))
        return;
    rendezvous_withdraw(a->rendezvous);
    a->rendezvous = NULL;
    announce_rendezvous(a);
    if (a->rendezvous)
        log_info("the folder in which programs on this machine find picoord had gone: "
                 "it is there again");
}

static void on_contact_seen(uv_fs_t *look)
{
    struct access *a = look->data;
    bool gone = look->result == UV_ENOENT || look->result == UV_ENOTDIR;
    uv_fs_req_cleanup(look);
    a->looking = false;
    if (!gone || !uv_is_active((uv_handle_t *)&a->timer))
        return;
    output_withdraw(&a->contact); /* of a link that has gone */
    int err = write_contact(a);
    if (err == 0)
        log_info("the contact file had gone: it is there again",
                 log_str("file", a->config.contact_file));
    else if (err != a->contact_error)
        log_warn("the contact file has gone and cannot be written again",
                 log_str("file", a->config.contact_file),
                 log_str("why", uv_strerror(err)));
    a->contact_error = err;
}

static void on_watch(uv_timer_t *timer)
{
    struct access *a = timer->data;
    look_for_rendezvous(a);
    if (!a->contact.made || a->looking)
        return;
    a->looking =
        uv_fs_stat(timer->loop, &a->look, a->config.contact_file, on_contact_seen) == 0;
}

void access_watch(struct access *a, uv_loop_t *loop)
{
    uv_timer_init(loop, &a->timer);
    a->timer.data = a->look.data = a;
    uv_timer_start(&a->timer, on_watch, WATCH_MS, WATCH_MS);
}

void access_unwatch(struct access *a)
{
    if (a && uv_is_active((uv_handle_t *)&a->timer))
        uv_close((uv_handle_t *)&a->timer, NULL);
}

/* ---- tokens ---- */

static void announce_rotation(struct access *a)
{
    if (a->rendezvous)
        announce_rendezvous(a);
    int err = a->contact_written ? write_contact(a) : 0;
    if (err < 0)
        log_warn(
            "the contact file still has the old token",
            log_str("why", err == -ENXIO ? "nobody reads from it" : uv_strerror(err)));
}

int access_rotate(struct access *a, enum role role, struct error *ret_why)
{
    int err = identity_rotate(a->identity, role, ret_why);
    if (err == 0)
        announce_rotation(a);
    return err;
}

void access_joins(const struct access *a, struct access_joins *ret)
{
    for (size_t i = 0; i < a->n_advertised; i++) {
        access_join(a, ROLE_WORKER, &a->addresses[i], ret->workers[i]);
        access_join(a, ROLE_OPERATOR, &a->addresses[i], ret->operators[i]);
        ret->at[i] = ret->workers[i];
        ret->at[ADVERTISED_MAX + i] = ret->operators[i];
    }
    ret->view = (struct joins_view){.n_workers = a->n_advertised,
                                    .n_operators = a->n_advertised,
                                    .workers = ret->at,
                                    .operators = ret->at + ADVERTISED_MAX};
}
