// SPDX-License-Identifier: MIT
/*
 * Dispatch throughput: how many leases per second the coordinator grants and counts
 * when they take no time to compute, and its processor time for each.  In plaintext and
 * in TLS, compared with a bare libuv echo of the same bytes over the same number of
 * connections.
 *
 * A point is three runs (plaintext, TLS, echo) in turn, each with a server process and
 * a process of workers, over TCP on the loopback interface.  The server is the real
 * one: core, net and the store, in memory or in DIR, with fixed sizes of leases and
 * grants.  A worker answers each grant at once with made-up hits, without sub-counts,
 * and counts the leases answered COUNTED.  The parent reads these counters and the
 * server's processor clock at both ends of a time window.  Three rounds; it prints
 * medians.
 *
 *     dispatch [--pin] [--json FILE] [--state DIR]
 */
#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include "bench/lib/child.h"
#include "bench/lib/echo.h"
#include "bench/lib/question.h"
#include "bench/lib/server.h"
#include "common/base/base.h"
#include "common/net/conn.h"
#include "common/sys/hash.h"
#include "common/sys/log.h"
#include "common/wire/wire.h"
#include "server/access/identity.h"
#include "server/net/net.h"

enum {
    ROUNDS = 3,
    WARM_MS = 250,
    WINDOW_MS = 600,
    LEASE_LOG2 = 16,
    CONNECTIONS_MAX = 1024,
    SAMPLES = 65536, /* messages whose sizes a worker process records */
};

/*
 * The sizes of grants: first the smallest possible; then a worker of 16 threads, whose
 * grants have one lease and one token each; last the grants that users get, of 64
 * leases.
 */
struct load {
    const char *name;
    uint32_t grant_leases, grants_in_hand, threads; /* of each worker */
};

static const struct load loads[] = {
    {"one lease a message", .grant_leases = 1, .grants_in_hand = 1, .threads = 1},
    {"many grants a frame", .grant_leases = 1, .grants_in_hand = 1, .threads = 16},
    {"many leases a frame", .grant_leases = 64, .grants_in_hand = 2, .threads = 1},
};
static const uint32_t connections[] = {1, 2, 8, 64};

/* Between the parent and its children. */
struct shared {
    atomic_uint port;
    _Alignas(64) atomic_ullong tasks; /* done, by all workers */
    atomic_ullong lost;               /* not answered COUNTED */
    _Alignas(64) atomic_ullong frames, frame_bytes, frame_tasks; /* Results, sampled */
    atomic_ullong reply_bytes, reply_tasks; /* Answers and Grants, sampled */
};

static struct shared *shared;
static struct identity *identity; /* of all coordinators, in all runs */
static const char *state;         /* --state: the store's folder; NULL: memory */

/* ---- the coordinator ---- */

static void mac(void *ctx, const void *data, size_t bytes, uint8_t ret[TOKEN_BYTES])
{
    hash_mac(ctx, data, bytes, ret);
}

static void submit(struct net *n)
{
    const struct msg m = {.type = MSG_REQUEST,
                          .request = {.id = 1,
                                      .verb = REQUEST_SUBMIT,
                                      .submit = {.rule = STOP_TRIALS,
                                                 .trials = TRIALS_MAX,
                                                 .name = "",
                                                 .weight = 1}}};
    struct input in = {.type = INPUT_MESSAGE, .conn = CONN_LOCAL, .message = &m};
    net_input(n, &in);
}

static void coordinator(const struct load *load)
{
    static struct hash_mac key;
    struct coord_config config = {.bare = true,
                                  .mac = mac,
                                  .worker_id = bench_worker_id,
                                  .ctx = &key,
                                  .version = "bench",
                                  .lease_log2 = LEASE_LOG2,
                                  .grant_leases = load->grant_leases,
                                  .grants_in_hand = load->grants_in_hand};
    static struct net *n;
    const struct net_limits limits = {
        .viewers = question_viewers(uv_default_loop(), &n),
        .connections = CONNECTIONS_MAX,
        .tls = tls_server(identity_key(identity), identity_certificate(identity)),
        .plaintext = true};
    struct sockaddr_in address;
    char text[ADDRESS_BYTES], host[256], port[6];
    const char *why;

    hash_random(config.random, sizeof(config.random));
    hash_mac_init(&key, config.random, sizeof(config.random));
    uv_ip4_addr("127.0.0.1", 0, &address);
    check("server",
          net_new(uv_default_loop(), &config, bench_store(uv_default_loop(), state),
                  &limits, &bench_events, NULL, &n, &why));
    check("listen", net_listen(n, (struct sockaddr *)&address, text));
    check("address", address_split(text, host, port));
    submit(n);
    atomic_store(&shared->port, (unsigned)atoi(port));
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

/* ---- its workers ---- */

static void say_hello(struct conn *c, void *ctx)
{
    const struct load *load = ctx;
    struct msg m = {.type = MSG_HELLO,
                    .hello = {.protocol_min = PROTOCOL_MIN,
                              .protocol_max = PROTOCOL_MAX,
                              .program = "bench",
                              .version = "",
                              .role = ROLE_WORKER,
                              .name = "bench",
                              .threads = load->threads,
                              .kernel = "none"}};
    hash_random(m.hello.secret, sizeof(m.hello.secret));
    conn_send(c, &m);
}

/* Records the sizes of messages, so that the echo can send as many bytes. */
static void sample(const struct msg *m, uint64_t counted)
{
    static uint64_t seen;
    if (seen++ >= SAMPLES)
        return;
    if (m->type == MSG_RESULTS) {
        atomic_fetch_add(&shared->frames, 1);
        atomic_fetch_add(&shared->frame_bytes, wire_size(m));
        atomic_fetch_add(&shared->frame_tasks, m->results.n_hits);
    } else if (m->type == MSG_GRANTS || m->type == MSG_ANSWERS) {
        atomic_fetch_add(&shared->reply_bytes, wire_size(m));
        atomic_fetch_add(&shared->reply_tasks, counted);
    }
}

/* Half of each lease's trials are hits: plausible, and it takes no computing. */
static void answer(struct conn *c, const struct msg_grants *grants)
{
    static uint64_t leases[RESULTS_GRANTS_MAX], rate[RESULTS_GRANTS_MAX];
    static uint64_t hits[RESULTS_HITS_MAX];
    static uint32_t pieces[RESULTS_GRANTS_MAX];
    struct msg m = {.type = MSG_RESULTS,
                    .results = {.n = grants->n,
                                .grant = grants->grant,
                                .leases = leases,
                                .rate = rate,
                                .hits = hits,
                                .group_pieces = pieces}};
    for (size_t i = 0; i < grants->n; i++) {
        uint64_t first = grants->first[i], count = grants->count[i];
        uint32_t n = grant_leases(first, count, grants->lease_log2[i]);
        leases[i] = leases_mask(n);
        rate[i] = 1000000000;
        assert(m.results.n_hits + n <= RESULTS_HITS_MAX);
        for (uint32_t k = 0; k < n; k++)
            hits[m.results.n_hits++] =
                grant_lease(first, count, grants->lease_log2[i], k).count / 2;
    }
    conn_send(c, &m);
    sample(&m, 0);
}

static void on_message(struct conn *c, const struct msg *m, void *ctx)
{
    struct msg resume = {.type = MSG_RESUME, .resume.last = true};
    uint64_t counted = 0, lost = 0;
    (void)ctx;
    if (m->type == MSG_WELCOME) {
        conn_welcomed(c);
        conn_send(c, &resume);
    } else if (m->type == MSG_GRANTS) {
        answer(c, &m->grants);
    } else if (m->type == MSG_ANSWERS) {
        const struct msg_answers *a = &m->answers;
        for (size_t i = 0; i < a->n; i++) {
            counted += (uint64_t)__builtin_popcountll(a->counted[i]);
            lost += (a->covered[i] | a->dropped[i] | a->stale[i]) != 0;
        }
        atomic_fetch_add_explicit(&shared->tasks, counted, memory_order_relaxed);
        if (lost)
            atomic_fetch_add(&shared->lost, lost);
    }
    sample(m, counted);
}

static void on_closed(struct conn *c, int status, const char *why, void *ctx)
{
    (void)c;
    (void)status;
    (void)ctx;
    fprintf(stderr, "dispatch: a connection ended: %s\n", why);
    exit(1);
}

static void workers(const struct load *load, const uint8_t *pin, uint32_t n)
{
    static const struct conn_events events = {
        .on_open = say_hello, .on_message = on_message, .on_closed = on_closed};
    struct conn_loop *conns = conn_loop_new(uv_default_loop());
    struct conn *c;
    char port[12];
    snprintf(port, sizeof(port), "%u", atomic_load(&shared->port));
    for (uint32_t i = 0; i < n; i++)
        check("dial", conn_dial(conns, "127.0.0.1", port, pin, 5000, &events,
                                (void *)load, &c));
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

/* ---- a run: processes, and a window of time ---- */

struct run {
    double tasks_per_s, server_us; /* the server's processor time per task */
};

static pid_t start_server(const struct load *load, const struct echo *echo)
{
    atomic_store(&shared->port, 0);
    pid_t pid = child(echo ? "bench-echo" : "bench-server");
    if (pid == 0) {
        if (echo)
            echo_server(echo, &shared->port);
        else
            coordinator(load);
        _exit(1);
    }
    for (int ms = 0; !atomic_load(&shared->port); ms++) {
        if (ms == 5000)
            die("server", -ETIMEDOUT);
        sleep_ms(1);
    }
    return pid;
}

static pid_t start_workers(const struct load *load, const struct echo *echo,
                           const uint8_t *pin, uint32_t n)
{
    pid_t pid = child("bench-workers");
    if (pid == 0) {
        if (echo)
            echo_clients(echo, &shared->port, n, &shared->tasks);
        else
            workers(load, pin, n);
        _exit(1);
    }
    return pid;
}

/* server, client: the echo, or NULL for the coordinator.  pin: for TLS, or NULL. */
static struct run measure(const struct load *load, const struct echo *server,
                          const struct echo *client, const uint8_t *pin, uint32_t n)
{
    clockid_t cpu;
    pid_t s = start_server(load, server), w = start_workers(load, client, pin, n);
    int err = clock_getcpuclockid(s, &cpu);
    if (err)
        die("processor clock", -err);
    atomic_store(&shared->tasks, 0);
    sleep_ms(WARM_MS);
    double cpu_s = seconds_of(cpu), start_s = seconds_of(CLOCK_MONOTONIC);
    uint64_t tasks = atomic_load(&shared->tasks);
    sleep_ms(WINDOW_MS);
    cpu_s = seconds_of(cpu) - cpu_s;
    start_s = seconds_of(CLOCK_MONOTONIC) - start_s;
    tasks = atomic_load(&shared->tasks) - tasks;
    end_child(w);
    end_child(s);
    if (tasks == 0 || atomic_load(&shared->lost)) {
        fprintf(stderr, "dispatch: %s, %u workers: %llu tasks, %llu not counted\n",
                load->name, n, (unsigned long long)tasks,
                (unsigned long long)atomic_load(&shared->lost));
        exit(1);
    }
    return (struct run){(double)tasks / start_s, 1e6 * cpu_s / (double)tasks};
}

/* Response times of text and HTTP requests, while 64 workers send as fast as they can.
 */
static void ask(const struct load *load)
{
    pid_t s = start_server(load, NULL);
    pid_t w = start_workers(load, NULL, NULL, 64);
    unsigned port = atomic_load(&shared->port);
    sleep_ms(WARM_MS);
    printf("\n%s, 64 workers: %d questions, one after the other\n", load->name,
           QUESTIONS);
    question_print(port, "status as text", "status\n");
    question_print(port, "status by HTTP",
                   "GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n"
                   "Connection: close\r\n\r\n");
    end_child(w);
    end_child(s);
}

/* ---- points and tables ---- */

struct point {
    uint32_t workers;
    struct run ours, tls, echo;
    double ratio;     /* processor time per task, of the coordinator to the echo */
    double tls_ratio; /* tasks/s, TLS to plaintext */
    double tasks_per_frame;
};

/* The echo sends as many bytes as worker and coordinator did in the run before. */
static void shape_echo(const struct load *load, struct echo *server,
                       struct echo *client)
{
    uint64_t frames = shared->frames, tasks = shared->frame_tasks / frames;
    uint64_t per_reply = shared->reply_bytes * tasks / shared->reply_tasks;
    uint64_t in_hand = load->grant_leases * load->grants_in_hand * load->threads;
    *server = (struct echo){.in_bytes = shared->frame_bytes / frames,
                            .out_bytes = per_reply,
                            .tasks = (uint32_t)tasks};
    *client = *server;
    client->in_bytes = server->out_bytes;
    client->out_bytes = server->in_bytes;
    client->depth = (uint32_t)(in_hand / tasks);
}

static struct point measure_point(const struct load *load, uint32_t n)
{
    double ours[ROUNDS], ours_us[ROUNDS], echo[ROUNDS], echo_us[ROUNDS], ratio[ROUNDS];
    double tls[ROUNDS], tls_us[ROUNDS], tls_ratio[ROUNDS];
    struct echo server, client;
    for (size_t i = 0; i < ROUNDS; i++) {
        memset(shared, 0, sizeof(*shared));
        struct run a = measure(load, NULL, NULL, NULL, n);
        shape_echo(load, &server, &client);
        struct run b = measure(load, &server, &client, NULL, n);
        struct run t = measure(load, NULL, NULL, identity_pin(identity), n);
        ours[i] = a.tasks_per_s;
        ours_us[i] = a.server_us;
        echo[i] = b.tasks_per_s;
        echo_us[i] = b.server_us;
        ratio[i] = a.server_us / b.server_us;
        tls[i] = t.tasks_per_s;
        tls_us[i] = t.server_us;
        tls_ratio[i] = t.tasks_per_s / a.tasks_per_s;
    }
    return (struct point){.workers = n,
                          .ours = {median(ours, ROUNDS), median(ours_us, ROUNDS)},
                          .tls = {median(tls, ROUNDS), median(tls_us, ROUNDS)},
                          .echo = {median(echo, ROUNDS), median(echo_us, ROUNDS)},
                          .ratio = median(ratio, ROUNDS),
                          .tls_ratio = median(tls_ratio, ROUNDS),
                          .tasks_per_frame = client.tasks};
}

static void print_point(const struct point *p)
{
    printf("%7u %11.0f %9.3f %7.0f %12.0f %9.3f %7.2f %12.0f %9.3f %7.2f\n", p->workers,
           p->ours.tasks_per_s, p->ours.server_us, p->tasks_per_frame,
           p->echo.tasks_per_s, p->echo.server_us, p->ratio, p->tls.tasks_per_s,
           p->tls.server_us, p->tls_ratio);
    fflush(stdout);
}

static void print_json(FILE *out, const struct load *load, bool pinned,
                       const struct point *p, bool first)
{
    fprintf(out,
            "%s{\"load\":\"%s\",\"pinned\":%s,\"workers\":%u,\"tasks_per_s\":%.0f,"
            "\"server_us_per_task\":%.4f,\"tasks_per_frame\":%.0f,"
            "\"echo_tasks_per_s\":%.0f,\"echo_us_per_task\":%.4f,\"ratio\":%.3f,"
            "\"tls_tasks_per_s\":%.0f,\"tls_us_per_task\":%.4f,\"tls_ratio\":%.3f}",
            first ? "[\n" : ",\n", load->name, pinned ? "true" : "false", p->workers,
            p->ours.tasks_per_s, p->ours.server_us, p->tasks_per_frame,
            p->echo.tasks_per_s, p->echo.server_us, p->ratio, p->tls.tasks_per_s,
            p->tls.server_us, p->tls_ratio);
}

static void pin(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    if (sched_setaffinity(0, sizeof(set), &set) < 0)
        die("pin", -errno);
}

static void print_load(FILE *json, const struct load *load, bool pinned, bool first)
{
    printf("\n%s, %s\n%7s %11s %9s %7s %12s %9s %7s %12s %9s %7s\n", load->name,
           pinned ? "all on one processor" : "not pinned", "WORKERS", "TASKS/S",
           "CPU us", "A FRAME", "ECHO TASKS/S", "CPU us", "RATIO", "TLS TASKS/S",
           "CPU us", "RATIO");
    for (size_t i = 0; i < ARRAY_SIZE(connections); i++) {
        struct point p = measure_point(load, connections[i]);
        print_point(&p);
        if (json)
            print_json(json, load, pinned, &p, first && i == 0);
    }
}

int main(int argc, char **argv)
{
    bool pinned = false, asks = false;
    FILE *json = NULL;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--pin")) {
            pinned = true;
        } else if (!strcmp(argv[i], "--json") && i + 1 < argc) {
            json = fopen(argv[++i], "w");
            if (!json)
                die(argv[i], -errno);
        } else if (!strcmp(argv[i], "--state") && i + 1 < argc) {
            state = argv[++i];
        } else if (!strcmp(argv[i], "--ask")) {
            asks = true;
        } else {
            fprintf(stderr,
                    "usage: dispatch [--pin] [--json FILE] [--state DIR] [--ask]\n");
            return 2;
        }
    }
    if (pinned)
        pin();
    log_set(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        die("shared memory", -errno);
    identity = identity_new();
    for (size_t i = 0; i < ARRAY_SIZE(loads) && asks; i++)
        ask(&loads[i]);
    for (size_t i = 0; i < ARRAY_SIZE(loads) && !asks; i++)
        print_load(json, &loads[i], pinned, i == 0);
    if (json) {
        fprintf(json, "\n]\n");
        fclose(json);
    }
    identity_free(identity);
    return 0;
}
