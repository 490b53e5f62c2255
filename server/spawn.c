// SPDX-License-Identifier: MIT
#include "server/spawn.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "common/join/join.h"
#include "common/sys/hash.h"
#include "common/sys/log.h"

enum { RESTART_MS = 1000, SPAWN_NAME_ARG = 2 };

struct child {
    uv_process_t process;
    uv_timer_t restart;
    struct spawn *spawn;
    int number; /* 1 .. n */
    enum { CHILD_NONE, CHILD_RUNNING, CHILD_ENDING, CHILD_WAITING } state;
};

struct spawn {
    uv_loop_t *loop;
    char file[PATH_MAX];
    uint8_t token[JOIN_TOKEN_BYTES];
    char join[sizeof("PI_JOIN=") + JOIN_TEXT_BYTES]; /* the environment points to it */
    char **environment, **args;
    void (*on_gone)(void *ctx);
    void *ctx;
    bool stopping;
    int n, gone;
    struct child *children;
};

static int child_start(struct child *child);

static void on_restart(uv_timer_t *timer)
{
    struct child *child = timer->data;
    int err = child_start(child);
    if (err < 0)
        log_error("cannot start a worker", log_str("file", child->spawn->file),
                  log_str("error", uv_strerror(err)));
}

static void on_child_closed(uv_handle_t *h)
{
    struct child *child = h->data;
    struct spawn *s = child->spawn;
    if (++s->gone < s->n)
        return;
    s->on_gone(s->ctx);
    free(s->environment);
    free(s->args);
    free(s->children);
    free(s);
}

static void on_process_closed(uv_handle_t *h)
{
    struct child *child = h->data;
    child->state = CHILD_WAITING;
    if (child->spawn->stopping)
        uv_close((uv_handle_t *)&child->restart, on_child_closed);
    else
        uv_timer_start(&child->restart, on_restart, RESTART_MS, 0);
}

static void on_process_exit(uv_process_t *process, int64_t status, int by_signal)
{
    struct child *child = process->data;
    if (!child->spawn->stopping)
        log_warn("spawned worker ended, starting it again in 1 s",
                 log_int("number", child->number), log_int("status", status),
                 log_int("signal", by_signal));
    child->state = CHILD_ENDING;
    uv_close((uv_handle_t *)process, on_process_closed);
}

/* If this fails, the process handle closes as after an exit, and is restarted. */
static int child_start(struct child *child)
{
    struct spawn *s = child->spawn;
    char name[32];
    snprintf(name, sizeof(name), "spawn-%d", child->number);
    s->args[SPAWN_NAME_ARG] = name;
    uv_stdio_container_t stdio[] = {
        {.flags = UV_IGNORE},
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
    };
    uv_process_options_t options = {
        .file = s->file,
        .args = s->args,
        .env = s->environment,
        .exit_cb = on_process_exit,
        .stdio = stdio,
        .stdio_count = 3,
    };
    child->process.data = child;
    int err = uv_spawn(s->loop, &child->process, &options);
    child->state = err < 0 ? CHILD_ENDING : CHILD_RUNNING;
    if (err < 0)
        uv_close((uv_handle_t *)&child->process, on_process_closed);
    return err;
}

/* Beside this executable, if it exists there. */
static void find_worker(char file[PATH_MAX])
{
    size_t bytes = PATH_MAX - sizeof("piworker");
    if (uv_exepath(file, &bytes) == 0) {
        char *slash = strrchr(file, '/');
        if (slash) {
            memcpy(slash + 1, "piworker", sizeof("piworker"));
            if (access(file, X_OK) == 0)
                return;
        }
    }
    memcpy(file, "piworker", sizeof("piworker"));
}

/* The join string is no argument, since other users can see arguments but not the
 * environment. */
char **spawn_environment(char *setting)
{
    size_t n = 0, kept = 0;
    while (environ[n])
        n++;
    char **ret = mem_zero(n + 2, sizeof(*ret));
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], "PI_", 3) != 0 ||
            strncmp(environ[i], "PI_KERNEL=", 10) == 0)
            ret[kept++] = environ[i];
    ret[kept] = setting;
    return ret;
}

/* The programs that picoord has are those that its workers have. */
static char **make_args(const struct opt_list *offers)
{
    char *const own[] = {"piworker", "--name", NULL,          "--threads",
                         "1",        "--once", "--log-level", "warn"};
    char **ret = mem_zero(ARRAY_SIZE(own) + 2 * offers->n + 1, sizeof(*ret));
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(own); i++)
        ret[n++] = own[i];
    for (size_t i = 0; i < offers->n; i++) {
        ret[n++] = "--offer";
        ret[n++] = (char *)offers->items[i];
    }
    return ret;
}

/* Replaces the workers' token in the join string by the token of spawned workers. */
static void take_join(struct spawn *s, const char *text)
{
    struct join join;
    char why[JOIN_WHY_BYTES], ours[JOIN_TEXT_BYTES];
    int err = join_parse(text, &join, why);
    assert(err == 0); /* it is this coordinator's */
    (void)err;
    hash_random(s->token, sizeof(s->token));
    memcpy(join.token, s->token, sizeof(join.token));
    join_format(&join, ours);
    snprintf(s->join, sizeof(s->join), "PI_JOIN=%s", ours);
}

int spawn_new(uv_loop_t *loop, int n, const char *join, const struct opt_list *offers,
              void (*on_gone)(void *ctx), void *ctx, struct spawn **ret)
{
    struct spawn *s = mem_zero(1, sizeof(*s));
    s->loop = loop;
    s->on_gone = on_gone;
    s->ctx = ctx;
    s->n = n;
    s->children = mem_zero((size_t)n, sizeof(*s->children));
    take_join(s, join);
    s->environment = spawn_environment(s->join);
    s->args = make_args(offers);
    find_worker(s->file);
    *ret = s;

    int first_error = 0;
    for (int i = 0; i < n; i++) {
        struct child *child = &s->children[i];
        child->spawn = s;
        child->number = i + 1;
        uv_timer_init(loop, &child->restart);
        child->restart.data = child;
        if (first_error == 0)
            first_error = child_start(child);
    }
    return first_error;
}

bool spawn_authorize(const struct spawn *s, const uint8_t *proof, size_t bytes)
{
    return s && bytes == sizeof(s->token) && CRYPTO_memcmp(proof, s->token, bytes) == 0;
}

bool spawn_owns(const struct spawn *s, pid_t pid)
{
    for (int i = 0; s && i < s->n; i++)
        if (s->children[i].state == CHILD_RUNNING &&
            uv_process_get_pid(&s->children[i].process) == pid)
            return true;
    return false;
}

void spawn_stop(struct spawn *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    for (int i = 0; i < s->n; i++) {
        struct child *child = &s->children[i];
        switch (child->state) {
        case CHILD_RUNNING:
            uv_process_kill(&child->process, SIGTERM);
            break;
        case CHILD_ENDING:
            break; /* on_process_closed() continues */
        case CHILD_NONE:
        case CHILD_WAITING:
            uv_close((uv_handle_t *)&child->restart, on_child_closed);
            break;
        }
    }
}

void spawn_kill(struct spawn *s)
{
    for (int i = 0; s && i < s->n; i++)
        if (s->children[i].state == CHILD_RUNNING)
            uv_process_kill(&s->children[i].process, SIGKILL);
}
