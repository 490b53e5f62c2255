// SPDX-License-Identifier: MIT
#include "server/access/identity.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <uv.h>

#include "common/base/format.h"
#include "common/sys/hash.h"
#include "common/sys/secure_file.h"
#include "server/access/certificate.h"

enum {
    SHOWN_BYTES = 200,
    /* "worker" and "operator", and one line for each rotated token */
    TOKENS_BYTES = 2 * 48 + IDENTITY_ROTATED_MAX * 80 + 1,
};

/* The content of the file `tokens`. */
struct tokens {
    uint8_t worker[JOIN_TOKEN_BYTES], operator[JOIN_TOKEN_BYTES];
    size_t n_rotated; /* SHA-256 of each, newest first */
    uint8_t rotated[IDENTITY_ROTATED_MAX][SHA256_DIGEST_LENGTH];
};

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
    uint8_t pin[JOIN_PIN_BYTES];
    uint8_t state_key[IDENTITY_STATE_KEY_BYTES];
    struct tokens tokens;
    uint8_t local[JOIN_TOKEN_BYTES], old_local[JOIN_TOKEN_BYTES];
    char directory[PATH_MAX]; /* "": in memory only */
    int lock;                 /* -1: none */
    bool made;                /* none was kept in the directory */
};

/* ---- in memory ---- */

static struct identity *identity_blank(void)
{
    struct identity *id = mem_zero(1, sizeof(*id));
    id->lock = -1;
    hash_random(id->local, sizeof(id->local));
    memcpy(id->old_local, id->local, sizeof(id->local)); /* there is none */
    return id;
}

static void make_all(struct identity *id)
{
    id->key = key_make();
    id->certificate = certificate_make(id->key, NULL, 0);
    hash_random(id->state_key, sizeof(id->state_key));
    hash_random(id->tokens.worker, sizeof(id->tokens.worker));
    hash_random(id->tokens.operator, sizeof(id->tokens.operator));
}

struct identity *identity_new(void)
{
    struct identity *id = identity_blank();
    make_all(id);
    key_pin(id->key, id->pin);
    return id;
}

void identity_free(struct identity *id)
{
    if (!id)
        return;
    EVP_PKEY_free(id->key);
    X509_free(id->certificate);
    if (id->lock >= 0)
        close(id->lock);
    OPENSSL_cleanse(id, sizeof(*id));
    free(id);
}

/* ---- tokens as text ---- */

static size_t write_line(char *out, const char *name, const uint8_t *bytes, size_t n)
{
    size_t at = (size_t)sprintf(out, "%s ", name);
    format_hex(out + at, bytes, n);
    at += 2 * n;
    out[at++] = '\n';
    return at;
}

static size_t tokens_write(const struct tokens *t, char ret[TOKENS_BYTES])
{
    size_t at = write_line(ret, "worker", t->worker, sizeof(t->worker));
    at += write_line(ret + at, "operator", t->operator, sizeof(t->operator));
    for (size_t i = 0; i < t->n_rotated; i++)
        at += write_line(ret + at, "rotated", t->rotated[i], sizeof(t->rotated[i]));
    assert(at < TOKENS_BYTES);
    return at;
}

/* Reads one line with that name and n bytes; false: it is another line. */
static bool read_line(const char **at, const char *name, uint8_t *ret, size_t n)
{
    const char *c = *at;
    size_t name_bytes = strlen(name);
    if (strncmp(c, name, name_bytes) != 0 || c[name_bytes] != ' ')
        return false;
    c += name_bytes + 1;
    if (!format_unhex(ret, c, n) || c[2 * n] != '\n')
        return false;
    *at = c + 2 * n + 1;
    return true;
}

static bool tokens_parse(const char *text, struct tokens *ret)
{
    *ret = (struct tokens){.n_rotated = 0};
    if (!read_line(&text, "worker", ret->worker, sizeof(ret->worker)) ||
        !read_line(&text, "operator", ret->operator, sizeof(ret->operator)))
        return false;
    while (
        ret->n_rotated < IDENTITY_ROTATED_MAX &&
        read_line(&text, "rotated", ret->rotated[ret->n_rotated], SHA256_DIGEST_LENGTH))
        ret->n_rotated++;
    return *text == '\0';
}

/* ---- files ---- */

static int file_path(const struct identity *id, const char *name, char ret[PATH_MAX],
                     struct error *why)
{
    if (snprintf(ret, PATH_MAX, "%s/%s", id->directory, name) < PATH_MAX)
        return 0;
    return error_set(why, -ENAMETOOLONG, NULL,
                     "the state directory's name is too long");
}

static int write_file(const struct identity *id, const char *name, const void *bytes,
                      size_t n, struct error *why)
{
    char path[PATH_MAX];
    int err = file_path(id, name, path, why);
    return err < 0 ? err : secure_file_write(path, bytes, n, true, why);
}

/* Reads a file that must exist. */
static int read_file(const struct identity *id, const char *name, char *buf,
                     size_t size, size_t *ret_n, struct error *why)
{
    char path[PATH_MAX], shown[SHOWN_BYTES];
    int err = file_path(id, name, path, why);
    err = err < 0 ? err : secure_file_read(path, buf, size - 1, ret_n, why);
    if (err == -ENOENT)
        return error_set(
            why, err,
            "bring it back from a backup; or remove the file tokens beside it: "
            "all are made anew, and nobody who joined before gets in",
            "%s is missing", format_escape_str(shown, sizeof(shown), path));
    if (err == 0)
        buf[*ret_n] = '\0';
    return err;
}

static int not_understood(const struct identity *id, const char *name, const char *what,
                          struct error *why)
{
    char shown[SHOWN_BYTES];
    return error_set(
        why, -EBADMSG, "bring it back from a backup; it has been left as it is",
        "%s/%s %s", format_escape_str(shown, sizeof(shown), id->directory), name, what);
}

static int write_tokens(const struct identity *id, const struct tokens *t,
                        struct error *why)
{
    char text[TOKENS_BYTES];
    size_t n = tokens_write(t, text);
    int err = write_file(id, "tokens", text, n, why);
    OPENSSL_cleanse(text, sizeof(text));
    return err;
}

static int create_files(struct identity *id, struct error *why)
{
    char pem[PEM_BYTES];
    make_all(id);
    id->made = true;
    int err = write_file(id, "key.pem", pem, key_write(id->key, pem), why);
    if (err == 0)
        err = write_file(id, "certificate.pem", pem,
                         certificate_write(id->certificate, pem), why);
    OPENSSL_cleanse(pem, sizeof(pem));
    if (err == 0)
        err = write_file(id, "state.key", id->state_key, sizeof(id->state_key), why);
    return err < 0 ? err : write_tokens(id, &id->tokens, why);
}

static int load_keys(struct identity *id, struct error *why)
{
    char pem[PEM_BYTES];
    size_t n = 0;
    int err = read_file(id, "key.pem", pem, sizeof(pem), &n, why);
    if (err < 0)
        return err;
    id->key = key_read(pem);
    OPENSSL_cleanse(pem, sizeof(pem));
    if (!id->key)
        return not_understood(id, "key.pem", "holds no P-256 key", why);
    err = read_file(id, "certificate.pem", pem, sizeof(pem), &n, why);
    if (err < 0)
        return err;
    id->certificate = certificate_read(pem, id->key);
    if (!id->certificate)
        return not_understood(id, "certificate.pem", "is no certificate for key.pem",
                              why);
    char key[IDENTITY_STATE_KEY_BYTES + 1];
    err = read_file(id, "state.key", key, sizeof(key), &n, why);
    if (err < 0)
        return err;
    if (n != IDENTITY_STATE_KEY_BYTES)
        return not_understood(id, "state.key", "is cut", why);
    memcpy(id->state_key, key, n);
    OPENSSL_cleanse(key, sizeof(key));
    return 0;
}

static int load_or_create(struct identity *id, struct error *why)
{
    char text[TOKENS_BYTES], path[PATH_MAX];
    int err = file_path(id, "tokens", path, why);
    err = err < 0 ? err : secure_file_read_text(path, text, sizeof(text), why);
    if (err == -ENOENT)
        return create_files(id, why);
    if (err < 0)
        return err;
    bool good = tokens_parse(text, &id->tokens);
    OPENSSL_cleanse(text, sizeof(text));
    if (!good)
        return not_understood(id, "tokens", "is not as picoord writes it", why);
    return load_keys(id, why);
}

/* ---- the directory ---- */

static int in_use(const struct identity *id, int lock, struct error *why)
{
    char by[16] = "", shown[SHOWN_BYTES];
    ssize_t n = pread(lock, by, sizeof(by) - 1, 0);
    by[n > 0 ? n : 0] = '\0';
    return error_set(why, -EBUSY,
                     "pictl status asks that one; --state DIR takes another directory",
                     "the state directory %s is in use by picoord with pid %d",
                     format_escape_str(shown, sizeof(shown), id->directory), atoi(by));
}

/* The lock ends with the process, however it ends; the pid in it is for people. */
static int take_lock(struct identity *id, struct error *why)
{
    char path[PATH_MAX], number[16], shown[SHOWN_BYTES];
    int err = file_path(id, "lock", path, why);
    int fd = err < 0 ? err : secure_file_open(path, O_RDWR | O_CREAT, why);
    if (fd < 0)
        return fd;
    int n = snprintf(number, sizeof(number), "%d\n", (int)getpid());
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        err = errno == EWOULDBLOCK
                  ? in_use(id, fd, why)
                  : error_set(why, -errno, NULL, "cannot lock %s: %s",
                              format_escape_str(shown, sizeof(shown), path),
                              uv_strerror(-errno));
    else if (ftruncate(fd, 0) < 0 || pwrite(fd, number, (size_t)n, 0) != n)
        err = error_set(why, -EIO, NULL, "cannot write %s: %s",
                        format_escape_str(shown, sizeof(shown), path),
                        uv_strerror(-errno));
    if (err < 0)
        close(fd);
    else
        id->lock = fd;
    return err;
}

int identity_only_lock(const char *directory, struct identity **ret, struct error *why)
{
    struct identity *id = identity_blank();
    int err = secure_dir_resolve(directory, SECURE_IS_THERE, id->directory, why);
    err = err < 0 ? err : take_lock(id, why);
    if (err < 0)
        identity_free(id);
    else
        *ret = id;
    return err;
}

int identity_open(const char *directory, struct identity **ret, struct error *why)
{
    struct identity *id = identity_blank();
    int err = secure_dir_resolve(directory, SECURE_MAKE_DURABLE, id->directory, why);
    err = err < 0 ? err : take_lock(id, why);
    err = err < 0 ? err : load_or_create(id, why);
    if (err < 0) {
        identity_free(id);
        return err;
    }
    key_pin(id->key, id->pin);
    *ret = id;
    return 0;
}

int identity_default_dir(char *ret, size_t size, struct error *why)
{
    const char *given = getenv("STATE_DIRECTORY"), *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    int n;
    if (!home || *home != '/') {
        const struct passwd *user = getpwuid(geteuid());
        home = user ? user->pw_dir : NULL;
    }
    if (given && *given) /* systemd may pass several; the first one is picoord's */
        n = snprintf(ret, size, "%.*s", (int)strcspn(given, ":"), given);
    else if (state && *state == '/')
        n = snprintf(ret, size, "%s/picoord", state);
    else if (home && *home == '/')
        n = snprintf(ret, size, "%s/.local/state/picoord", home);
    else
        return error_set(why, -ENOENT, "say --state DIR, or --ephemeral for none",
                         "there is no home directory for the state");
    if ((size_t)n >= size)
        return error_set(why, -ENAMETOOLONG, "say --state DIR",
                         "the state directory's name is too long");
    return 0;
}

/* ---- accessors ---- */

const char *identity_directory(const struct identity *id)
{
    return id->directory[0] ? id->directory : NULL;
}

bool identity_made(const struct identity *id)
{
    return id->made;
}

EVP_PKEY *identity_key(const struct identity *id)
{
    return id->key;
}

X509 *identity_certificate(const struct identity *id)
{
    return id->certificate;
}

const uint8_t *identity_pin(const struct identity *id)
{
    return id->pin;
}

const uint8_t *identity_state_key(const struct identity *id)
{
    return id->state_key;
}

static uint8_t *token_of(struct tokens *t, enum role role)
{
    switch (role) {
    case ROLE_WORKER:
        return t->worker;
    case ROLE_OPERATOR:
        return t->operator;
    }
    abort();
}

const uint8_t *identity_token(const struct identity *id, enum role role)
{
    return token_of((struct tokens *)&id->tokens, role);
}

static void make_join(const struct identity *id, const uint8_t *token, const char *host,
                      const char *port, char ret[JOIN_TEXT_BYTES])
{
    struct join join;
    snprintf(join.host, sizeof(join.host), "%s", host);
    snprintf(join.port, sizeof(join.port), "%s", port);
    memcpy(join.pin, id->pin, sizeof(join.pin));
    memcpy(join.token, token, sizeof(join.token));
    join_format(&join, ret);
    OPENSSL_cleanse(&join, sizeof(join));
}

void identity_join(const struct identity *id, enum role role, const char *host,
                   const char *port, char ret[JOIN_TEXT_BYTES])
{
    make_join(id, identity_token(id, role), host, port, ret);
}

void identity_local_join(const struct identity *id, const char *host, const char *port,
                         char ret[JOIN_TEXT_BYTES])
{
    make_join(id, id->local, host, port, ret);
}

int identity_certify(struct identity *id, const char *const *names, size_t n,
                     struct error *why)
{
    char pem[PEM_BYTES];
    if (certificate_is_for(id->certificate, names, n))
        return 0;
    X509_free(id->certificate);
    id->certificate = certificate_make(id->key, names, n);
    int err = id->directory[0]
                  ? write_file(id, "certificate.pem", pem,
                               certificate_write(id->certificate, pem), why)
                  : 0;
    return err < 0 ? err : 1;
}

/* ---- authorization ---- */

static bool equal(const uint8_t *one, const uint8_t *other)
{
    return CRYPTO_memcmp(one, other, JOIN_TOKEN_BYTES) == 0;
}

static bool was_rotated(const struct tokens *t, const uint8_t *proof)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    bool found = false;
    SHA256(proof, JOIN_TOKEN_BYTES, digest);
    for (size_t i = 0; i < t->n_rotated; i++)
        found |= CRYPTO_memcmp(digest, t->rotated[i], sizeof(digest)) == 0;
    return found;
}

enum auth identity_authorize(const struct identity *id, enum role role,
                             const uint8_t *proof, size_t bytes)
{
    const struct tokens *t = &id->tokens;
    if (bytes == 0)
        return AUTH_MISSING;
    if (bytes != JOIN_TOKEN_BYTES)
        return AUTH_WRONG;
    if (equal(proof, t->operator))
        return AUTH_OPERATOR_TOKEN;
    if (equal(proof, t->worker))
        return role == ROLE_WORKER ? AUTH_WORKER_TOKEN : AUTH_WORKER_ONLY;
    if (equal(proof, id->local))
        return role == ROLE_WORKER ? AUTH_LOCAL_TOKEN : AUTH_WORKER_ONLY;
    return equal(proof, id->old_local) || was_rotated(t, proof) ? AUTH_ROTATED
                                                                : AUTH_WRONG;
}

int identity_rotate(struct identity *id, enum role role, struct error *why)
{
    struct tokens next = id->tokens;
    if (next.n_rotated < IDENTITY_ROTATED_MAX)
        next.n_rotated++;
    memmove(next.rotated[1], next.rotated[0],
            (next.n_rotated - 1) * sizeof(next.rotated[0]));
    uint8_t *token = token_of(&next, role);
    SHA256(token, JOIN_TOKEN_BYTES, next.rotated[0]);
    hash_random(token, JOIN_TOKEN_BYTES);
    int err = id->directory[0] ? write_tokens(id, &next, why) : 0;
    if (err == 0)
        id->tokens = next;
    if (err == 0 && role == ROLE_WORKER) {
        memcpy(id->old_local, id->local, sizeof(id->local));
        hash_random(id->local, sizeof(id->local));
    }
    OPENSSL_cleanse(&next, sizeof(next));
    return err;
}
