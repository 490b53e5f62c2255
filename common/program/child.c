// SPDX-License-Identifier: MIT
#include "common/program/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    END_TURNS = 20, /* looks at a child that has closed its output */
    END_TURN_MS = 10,
};

/* The first process of a container reaps every orphan (common/sys/first_process.h), and
 * must not take the status of a child from who waits for it. */
static pthread_mutex_t children_lock = PTHREAD_MUTEX_INITIALIZER;
static struct ring children = {&children, &children};

bool child_is_ours(pid_t pid)
{
    bool ours = false;
    pthread_mutex_lock(&children_lock);
    for (struct ring *r = children.next; r != &children && !ours; r = r->next)
        ours = container_of(r, struct program_child, link)->pid == pid;
    pthread_mutex_unlock(&children_lock);
    return ours;
}

/* ---- the environment ---- */

static bool is_replaced(const char *setting, char *const ours[], size_t n)
{
    if (strncmp(setting, "PI_", 3) == 0)
        return true;
    for (size_t i = 0; i < n; i++)
        if (strncmp(setting, ours[i], (size_t)(strchr(ours[i], '=') - ours[i]) + 1) ==
            0)
            return true;
    return false;
}

char **child_environment(const char *name, unsigned thread)
{
    char named[64], numbered[40];
    char *const ours[] = {named, numbered, "PYTHONUNBUFFERED=1", "OMP_NUM_THREADS=1"};
    size_t n = 0, kept = 0;
    snprintf(named, sizeof(named), "PROGRAM_NAME=%s", name);
    snprintf(numbered, sizeof(numbered), "PROGRAM_THREAD=%u", thread);
    while (environ[n])
        n++;
    char **ret = mem_zero(n + ARRAY_SIZE(ours) + 1, sizeof(*ret));
    for (size_t i = 0; i < n; i++)
        if (!is_replaced(environ[i], ours, ARRAY_SIZE(ours)))
            ret[kept++] = strdup(environ[i]);
    for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
        ret[kept++] = strdup(ours[i]);
    for (size_t i = 0; i < kept; i++)
        if (!ret[i])
            abort(); /* memory is out, as in mem_zero() */
    return ret;
}

void child_environment_free(char **environment)
{
    for (size_t i = 0; environment && environment[i]; i++)
        free(environment[i]);
    free(environment);
}

/* ---- the start ---- */

static bool is_executable(const char *folder, size_t folder_bytes, const char *name,
                          size_t bytes)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof(path), "%.*s%s%.*s", (int)folder_bytes, folder,
                     folder_bytes ? "/" : "", (int)bytes, name);
    return n > 0 && (size_t)n < sizeof(path) && access(path, X_OK) == 0;
}

/* Whether the command is the name of a file, and plain words. */
static bool is_plain(const char *command)
{
    size_t bytes = strcspn(command, " ");
    const char *path = getenv("PATH");
    if (strpbrk(command, ";&|<>()$`\\\"'*?[]#~=%{}!^\t\n"))
        return false;
    if (memchr(command, '/', bytes))
        return is_executable("", 0, command, bytes);
    for (; path && *path && bytes; path += strspn(path, ":")) {
        size_t n = strcspn(path, ":");
        if (is_executable(path, n, command, bytes))
            return true;
        path += n;
    }
    return false;
}

/* What the shell is to run.  Where it need not stay it makes room for the program,
 * which then is our child itself, and dies with us even if it looks at nothing. */
static char *shell_line(const char *command)
{
    size_t size = sizeof("exec ") + strlen(command);
    char *ret = mem_resize(NULL, size, 1);
    snprintf(ret, size, "%s%s", is_plain(command) ? "exec " : "", command);
    return ret;
}

/* In the child of a process with threads: only calls that signal handlers may make. */
static void become(const int streams[3], pid_t parent, char *line,
                   char *const environment[])
{
    char *const args[] = {"sh", "-c", line, NULL};
    struct rlimit none = {0, 0};
    sigset_t empty;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127); /* it has died meanwhile, and no signal will come */
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&empty);
    sigprocmask(SIG_SETMASK, &empty, NULL);
    for (int i = 0; i < 3; i++)
        if (dup2(streams[i], i) < 0)
            _exit(127);
#ifdef SYS_close_range
    syscall(SYS_close_range, 3, ~0U, 0); /* ours close on exec; a library's may not */
#endif
    execve("/bin/sh", args, environment);
    _exit(127);
}

static void close_pipe(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

/* Three pipes with descriptors of 3 and more, since 0 to 2 are open; or none. */
static int open_pipes(int pipes[3][2])
{
    for (int i = 0; i < 3; i++) {
        if (pipe2(pipes[i], O_CLOEXEC) == 0)
            continue;
        int err = -errno;
        while (i-- > 0)
            close_pipe(pipes[i]);
        return err;
    }
    return 0;
}

int child_start(struct program_child *c, const char *command, char *const environment[])
{
    int pipes[3][2];
    assert(c->pid == 0);
    int err = open_pipes(pipes);
    if (err < 0)
        return err;
    const int theirs[3] = {pipes[0][0], pipes[1][1], pipes[2][1]};
    c->in = pipes[0][1];
    c->out = pipes[1][0];
    c->err = pipes[2][0];
    c->n_said = 0;
    pid_t parent = getpid();
    char *line = shell_line(command);
    pthread_mutex_lock(&children_lock); /* so that it is known before it can end */
    pid_t pid = fork();
    err = pid < 0 ? -errno : 0;
    if (pid == 0)
        become(theirs, parent, line, environment);
    if (pid > 0) {
        setpgid(pid, pid); /* whichever of the two comes first */
        c->pid = pid;
        ring_init(&c->link);
        ring_append(&children, &c->link);
    }
    pthread_mutex_unlock(&children_lock);
    free(line);
    for (int i = 0; i < 3; i++)
        close(theirs[i]);
    const int ours[3] = {c->in, c->out, c->err};
    for (int i = 0; i < 3; i++)
        if (err < 0)
            close(ours[i]);
        else
            fcntl(ours[i], F_SETFL, O_NONBLOCK);
    return err;
}

/* ---- its stderr ---- */

static void keep(struct program_child *c, const char *bytes, size_t n)
{
    if (n > sizeof(c->said) - c->n_said) {
        size_t drop = n - (sizeof(c->said) - c->n_said);
        c->n_said -= drop;
        memmove(c->said, c->said + drop, c->n_said);
    }
    memcpy(c->said + c->n_said, bytes, n);
    c->n_said += n;
}

void child_hear(struct program_child *c)
{
    char bytes[sizeof(c->said)];
    ssize_t n;
    /* A pipe's worth; the rest of a flood waits for the next call. */
    for (int i = 0; i < 16 && (n = read(c->err, bytes, sizeof(bytes))) > 0; i++)
        keep(c, bytes, (size_t)n);
}

void child_last_lines(const struct program_child *c, char ret[CHILD_STDERR_BYTES])
{
    const char *end = c->said + c->n_said, *from;
    int lines = 0;
    while (end > c->said && end[-1] == '\n')
        end--;
    for (from = end; from > c->said && end - from < CHILD_STDERR_BYTES - 1; from--)
        if (from[-1] == '\n' && ++lines == CHILD_STDERR_LINES)
            break;
    size_t n = (size_t)(end - from);
    for (size_t i = 0; i < n; i++)
        ret[i] =
            from[i] == '\n' || (from[i] >= 0x20 && from[i] <= 0x7e) ? from[i] : '?';
    ret[n] = '\0';
}

/* ---- the end ---- */

void child_stop(struct program_child *c, int patience_ms)
{
    struct pollfd closed = {.fd = c->out}; /* POLLHUP is always looked for */
    if (!c->pid)
        return;
    close(c->in);
    if (patience_ms > 0)
        poll(&closed, 1, patience_ms);
    child_hear(c);
    /* Its own process is waited for last: until then the group's number is taken. */
    kill(-c->pid, SIGKILL);
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    pthread_mutex_lock(&children_lock);
    ring_remove(&c->link);
    c->pid = 0;
    pthread_mutex_unlock(&children_lock);
    child_hear(c);
    close(c->out);
    close(c->err);
}

static const char *exit_meaning(int status)
{
    return status == 127   ? " (no such command)"
           : status == 126 ? " (cannot be run)"
                           : "";
}

bool child_end(struct program_child *c, char how[CHILD_HOW_BYTES])
{
    siginfo_t end = {.si_pid = 0};
    struct timespec turn = {0, END_TURN_MS * 1000000L};
    for (int i = 0; i < END_TURNS && end.si_pid == 0; i++) {
        if (i > 0)
            nanosleep(&turn, NULL);
        child_hear(c);
        if (waitid(P_PID, (id_t)c->pid, &end, WEXITED | WNOHANG | WNOWAIT) < 0)
            break;
    }
    child_stop(c, 0);
    if (end.si_pid == 0)
        return false;
    if (end.si_code == CLD_EXITED)
        snprintf(how, CHILD_HOW_BYTES, "exited with %d%s", end.si_status,
                 exit_meaning(end.si_status));
    else
        snprintf(how, CHILD_HOW_BYTES, "was killed by %s", strsignal(end.si_status));
    return true;
}
