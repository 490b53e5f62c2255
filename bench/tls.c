// SPDX-License-Identifier: MIT
/*
 * The cost of TLS for the coordinator: the processor time of a handshake, handshakes
 * per second with both ends on this machine, and the memory of an idle worker's
 * connection, with and without TLS.
 *
 * The server is a process of its own, with the real core, net and store in memory; this
 * process has the other ends.  Memory is the server's resident set size, before and
 * after the workers connect; all are welcomed, none has work.
 *
 *     tls [--json FILE]
 */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include "bench/lib/child.h"
#include "bench/lib/server.h"
#include "common/net/conn.h"
#include "common/sys/hash.h"
#include "common/wire/wire.h"
#include "server/access/identity.h"
#include "server/net/net.h"

enum {
    ROUNDS = 3,
    WINDOW_MS = 1000,
    SHAKING = 16, /* concurrent connections */
    IDLE = 4000,
    CONNECTIONS_MAX = 2 * IDLE,
};

static struct identity *identity;
static uv_loop_t loop; /* of this end */
static struct conn_loop *conns;
static atomic_uint *port; /* shared with the server */

static void serve(void)
{
    struct coord_config config = {.worker_id = bench_worker_id, .version = "bench"};
    const struct net_limits limits = {
        .connections = CONNECTIONS_MAX,
        .tls = tls_server(identity_key(identity), identity_certificate(identity)),
        .plaintext = true};
    struct sockaddr_in address;
    char text[ADDRESS_BYTES], host[256], number[6];
    const char *why;
    struct net *n;
    uv_ip4_addr("127.0.0.1", 0, &address);
    check("server",
          net_new(uv_default_loop(), &config, bench_store(uv_default_loop(), NULL),
                  &limits, &bench_events, NULL, &n, &why));
    check("listen", net_listen(n, (struct sockaddr *)&address, text));
    check("address", address_split(text, host, number));
    atomic_store(port, (unsigned)atoi(number));
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

static pid_t start_server(void)
{
    atomic_store(port, 0);
    pid_t pid = child("bench-server");
    if (pid == 0) {
        serve();
        _exit(1);
    }
    for (int ms = 0; !atomic_load(port); ms++) {
        if (ms == 5000)
            die("server", -ETIMEDOUT);
        sleep_ms(1);
    }
    return pid;
}

static void dial(const struct conn_events *events, const uint8_t *pin)
{
    struct conn *c;
    char number[12];
    snprintf(number, sizeof(number), "%u", atomic_load(port));
    check("dial", conn_dial(conns, "127.0.0.1", number, pin, 5000, events, NULL, &c));
}

/* ---- handshakes ---- */

static uint64_t shaken;
static bool enough;

static void shaken_hands(struct conn *c, void *ctx)
{
    (void)ctx;
    shaken++;
    conn_abort(c);
}

static void next_hand(struct conn *c, int status, const char *why, void *ctx);

static const struct conn_events shaking = {.on_open = shaken_hands,
                                           .on_closed = next_hand};

static void next_hand(struct conn *c, int status, const char *why, void *ctx)
{
    (void)c;
    (void)ctx;
    if (status < 0) {
        fprintf(stderr, "tls: a connection ended: %s\n", why);
        exit(1);
    }
    if (!enough)
        dial(&shaking, identity_pin(identity));
}

struct hands {
    double per_s, server_us;
};

static struct hands measure_hands(void)
{
    clockid_t cpu;
    pid_t server = start_server();
    int err = clock_getcpuclockid(server, &cpu);
    if (err)
        die("processor clock", -err);
    shaken = 0;
    enough = false;
    check("loop", uv_loop_init(&loop));
    conns = conn_loop_new(&loop);
    double cpu_s = seconds_of(cpu), start_s = seconds_of(CLOCK_MONOTONIC);
    for (int i = 0; i < SHAKING; i++)
        dial(&shaking, identity_pin(identity));
    while (seconds_of(CLOCK_MONOTONIC) - start_s < WINDOW_MS / 1000.)
        uv_run(&loop, UV_RUN_ONCE);
    double n = (double)shaken;
    cpu_s = seconds_of(cpu) - cpu_s;
    start_s = seconds_of(CLOCK_MONOTONIC) - start_s;
    enough = true;
    conn_loop_free(conns);
    uv_run(&loop, UV_RUN_DEFAULT);
    check("loop", uv_loop_close(&loop));
    end_child(server);
    return (struct hands){n / start_s, 1e6 * cpu_s / n};
}

/* ---- idle workers ---- */

static unsigned welcomed;

static void say_hello(struct conn *c, void *ctx)
{
    struct msg m = {.type = MSG_HELLO,
                    .hello = {.protocol_min = PROTOCOL_MIN,
                              .protocol_max = PROTOCOL_MAX,
                              .program = "bench",
                              .version = "",
                              .role = ROLE_WORKER,
                              .name = "bench",
                              .threads = 1,
                              .kernel = "none"}};
    (void)ctx;
    hash_random(m.hello.secret, sizeof(m.hello.secret));
    conn_send(c, &m);
}

static void on_welcome(struct conn *c, const struct msg *m, void *ctx)
{
    struct msg resume = {.type = MSG_RESUME, .resume.last = true};
    (void)ctx;
    if (m->type != MSG_WELCOME)
        return;
    conn_send(c, &resume);
    welcomed++;
}

static void on_lost(struct conn *c, int status, const char *why, void *ctx)
{
    (void)c;
    (void)status;
    (void)ctx;
    fprintf(stderr, "tls: a connection ended: %s\n", why);
    exit(1);
}

static const struct conn_events idle = {
    .on_open = say_hello, .on_message = on_welcome, .on_closed = on_lost};

static double resident_kib(pid_t pid)
{
    char path[64];
    unsigned long pages = 0, resident = 0;
    snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
    FILE *f = fopen(path, "re");
    if (!f || fscanf(f, "%lu %lu", &pages, &resident) != 2)
        die(path, -EIO);
    fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1024;
}

/* Forks a process; its end closes the connections. */
static void hold(const uint8_t *pin, pid_t server, double *ret)
{
    check("loop", uv_loop_init(&loop));
    conns = conn_loop_new(&loop);
    for (unsigned i = 0; i < IDLE; i++) {
        dial(&idle, pin);
        while (welcomed + 50 < i)
            uv_run(&loop, UV_RUN_ONCE);
    }
    while (welcomed < IDLE)
        uv_run(&loop, UV_RUN_ONCE);
    for (int i = 0; i < 50; i++) { /* until the server has read the last Resume */
        uv_run(&loop, UV_RUN_NOWAIT);
        sleep_ms(2);
    }
    *ret = resident_kib(server);
}

static double measure_idle(bool secure)
{
    double *after = mmap(NULL, sizeof(*after), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (after == MAP_FAILED)
        die("memory", -errno);
    pid_t server = start_server();
    sleep_ms(50);
    double before = resident_kib(server);
    pid_t holder = child("bench-idle");
    if (holder == 0) {
        hold(secure ? identity_pin(identity) : NULL, server, after);
        _exit(0);
    }
    int status;
    waitpid(holder, &status, 0);
    if (status != 0)
        die("idle workers", -EIO);
    end_child(server);
    double kib = (*after - before) / IDLE;
    munmap(after, sizeof(*after));
    return kib;
}

int main(int argc, char **argv)
{
    FILE *json = NULL;
    struct rlimit limit;
    if (argc == 3 && !strcmp(argv[1], "--json")) {
        json = fopen(argv[2], "w");
        if (!json)
            die(argv[2], -errno);
    } else if (argc != 1) {
        fprintf(stderr, "usage: tls [--json FILE]\n");
        return 2;
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    signal(SIGPIPE, SIG_IGN);
    identity = identity_new();
    port = mmap(NULL, sizeof(*port), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                -1, 0);
    if (port == MAP_FAILED)
        die("memory", -errno);

    double per_s[ROUNDS], us[ROUNDS];
    double plain = measure_idle(false), secure = measure_idle(true);
    for (int i = 0; i < ROUNDS; i++) {
        struct hands h = measure_hands();
        per_s[i] = h.per_s;
        us[i] = h.server_us;
    }
    double rate = median(per_s, ROUNDS), time_us = median(us, ROUNDS);
    printf("\nhandshakes, both ends on this machine   %.0f a second, %.0f us of the "
           "server each\n",
           rate, time_us);
    printf(
        "an idle worker, of %d                   %.1f KiB with TLS, %.1f KiB without\n",
        IDLE, secure, plain);
    if (json) {
        fprintf(json,
                "{\"handshakes_per_s\":%.0f,\"server_us_per_handshake\":%.1f,"
                "\"idle_workers\":%d,\"kib_per_idle_tls\":%.2f,"
                "\"kib_per_idle_plain\":%.2f}\n",
                rate, time_us, IDLE, secure, plain);
        fclose(json);
    }
    identity_free(identity);
    return 0;
}
