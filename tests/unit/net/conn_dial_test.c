// SPDX-License-Identifier: MIT
/*
 * Dialling: the error texts, and trying the addresses of a name in turn, each within
 * its share of the time.  The names are this test's: getaddrinfo() is its own, for
 * libuv too.
 */
#include "tests/lib/conn_rig.h"

#include <netdb.h>
#include <semaphore.h>
#include <sys/socket.h>

#include "tests/lib/clock.h"

/* ---- names ---- */

enum { ADDRESSES_MAX = 10 };

/* What the only name is; or why it is none. */
static struct {
    const char *addresses[ADDRESSES_MAX + 1];
    int error;
    bool slow;     /* until `found` */
    bool answered; /* the dial has it */
} name;

static sem_t found;

struct answer {
    struct addrinfo info;
    struct sockaddr_in address;
};

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    struct addrinfo **end = ret;
    (void)host, (void)hints;
    if (name.slow)
        sem_wait(&found);
    *ret = NULL;
    for (size_t i = 0; !name.error && name.addresses[i]; i++) {
        struct answer *a = calloc(1, sizeof(*a));
        uv_ip4_addr(name.addresses[i], atoi(service), &a->address);
        a->info = (struct addrinfo){.ai_family = AF_INET,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_addr = (struct sockaddr *)&a->address,
                                    .ai_addrlen = sizeof(a->address)};
        *end = &a->info;
        end = &a->info.ai_next;
    }
    return name.error;
}

void freeaddrinfo(struct addrinfo *list)
{
    name.answered = true;
    while (list) {
        struct addrinfo *next = list->ai_next;
        free(container_of(list, struct answer, info));
        list = next;
    }
}

/* ---- hosts that swallow packets ---- */

/* A backlog that is full makes the kernel drop what comes: a firewall, more or less. */
struct deaf {
    int listener, fds[8];
};

/* Port 0: any. */
static struct deaf deaf_at(const char *host, const char *port, char ret_port[6])
{
    struct deaf d = {.listener = socket(AF_INET, SOCK_STREAM, 0)};
    struct sockaddr_in a;
    socklen_t bytes = sizeof(a);
    uv_ip4_addr(host, atoi(port), &a);
    assert_int_equal(bind(d.listener, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(d.listener, 0), 0);
    getsockname(d.listener, (struct sockaddr *)&a, &bytes);
    for (size_t i = 0; i < ARRAY_SIZE(d.fds); i++) {
        d.fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(d.fds[i], (struct sockaddr *)&a, sizeof(a));
    }
    snprintf(ret_port, 6, "%u", ntohs(a.sin_port));
    return d;
}

static void deaf_release(const struct deaf *d)
{
    for (size_t i = 0; i < ARRAY_SIZE(d->fds); i++)
        close(d->fds[i]);
    close(d->listener);
}

/* ---- one address ---- */

static void nobody_listens(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_close_listener(r);
    uv_run(&r->loop, UV_RUN_NOWAIT);
    conn_rig_dial(r, "127.0.0.1", 1000);
    SOON(r, r->client.closed);
    assert_int_equal(r->client.status, UV_ECONNREFUSED);
    assert_string_equal(r->client.why,
                        "connection refused: host is up, nothing listens");
    assert_int_equal(r->client.opened, 0);
}

static void an_address_of_another_machine_is_not_tried(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_dial(r, "192.0.2.1", 1000);
    assert_int_equal(r->client.closed, 0); /* never from within conn_dial() */
    SOON(r, r->client.closed);
    assert_int_equal(r->client.status, -EACCES);
    assert_string_equal(r->client.why,
                        "not an address of this machine: frames travel in the clear");
}

static void a_connection_that_hangs_times_out(void **state)
{
    static const struct {
        int64_t ms;
        const char *why;
    } cases[] = {{150, "timed out after 150 ms: firewall?"},
                 {2000, "timed out after 2 s: firewall?"}};
    struct conn_rig *r = *state;
    struct deaf d = deaf_at("127.0.0.1", "0", r->port);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        conn_rig_dial(r, "127.0.0.1", cases[i].ms);
        clock_leap(cases[i].ms - 1);
        conn_rig_turns(r);
        assert_int_equal(r->client.closed, i);
        clock_leap(1);
        SOON(r, r->client.closed == i + 1);
        assert_int_equal(r->client.status, UV_ETIMEDOUT);
        assert_string_equal(r->client.why, cases[i].why);
    }
    deaf_release(&d);
}

static void closing_while_dialling_is_fine(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_dial(r, "127.0.0.1", 1000);
    conn_close(r->client.conn);
    SOON(r, r->client.closed);
    name.addresses[0] = "127.0.0.1";
    conn_rig_dial(r, "a-name", 1000); /* a lookup may be under way on its thread */
    conn_close(r->client.conn);
    SOON(r, r->client.closed == 2);
    assert_int_equal(r->client.status, 0);
    assert_int_equal(r->client.opened, 0);
}

static void a_wrong_port_is_no_dial(void **state)
{
    static const char *const ports[] = {"", "65536", "x", "-1"};
    struct conn_rig *r = *state;
    struct conn *c;
    for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
        assert_int_equal(conn_dial(r->conns, "127.0.0.1", ports[i], NULL, 1000,
                                   &conn_rig_events, &r->client, &c),
                         -EINVAL);
    assert_int_equal(conn_dial(r->conns, "127.0.0.1", "1", NULL, 0, &conn_rig_events,
                               &r->client, &c),
                     -EINVAL);
}

/* ---- a name ---- */

static void an_address_that_refuses_is_passed_over_at_once(void **state)
{
    struct conn_rig *r = *state;
    name.addresses[0] = "127.0.0.2"; /* the listener is at 127.0.0.1 only */
    name.addresses[1] = "127.0.0.1";
    conn_rig_dial(r, "a-name", 2000);
    SOON(r, r->client.opened);
    assert_memory_equal(conn_address(r->client.conn), "127.0.0.1:", 10);
}

static void one_that_is_not_of_this_machine_as_well(void **state)
{
    struct conn_rig *r = *state;
    name.addresses[0] = "192.0.2.1";
    name.addresses[1] = "127.0.0.1";
    conn_rig_dial(r, "a-name", 2000);
    SOON(r, r->client.opened);
}

/* Each has an equal share of the time that is left. */
static void one_that_swallows_packets_has_its_share_of_the_time(void **state)
{
    struct conn_rig *r = *state;
    char port[6];
    struct deaf first = deaf_at("127.0.0.2", r->port, port);
    struct deaf second = deaf_at("127.0.0.3", r->port, port);
    name.addresses[0] = "127.0.0.2";
    name.addresses[1] = "127.0.0.3";
    name.addresses[2] = "127.0.0.1";
    conn_rig_dial(r, "a-name", 9000);
    SOON(r, name.answered);
    clock_leap(2999);
    conn_rig_turns(r);
    clock_leap(1);
    conn_rig_turns(r); /* now the second is tried */
    clock_leap(2999);
    conn_rig_turns(r);
    assert_int_equal(r->client.opened, 0);
    clock_leap(1);
    SOON(r, r->client.opened);
    deaf_release(&first);
    deaf_release(&second);
}

static void when_all_have_failed_the_last_reason_is_told(void **state)
{
    struct conn_rig *r = *state;
    char port[6];
    struct deaf last = deaf_at("127.0.0.3", r->port, port);
    name.addresses[0] = "127.0.0.2"; /* refuses */
    name.addresses[1] = "127.0.0.3";
    conn_rig_dial(r, "a-name", 2000);
    SOON(r, name.answered);
    conn_rig_turns(r); /* the first has refused */
    clock_leap(1999);
    conn_rig_turns(r);
    assert_int_equal(r->client.closed, 0);
    clock_leap(1);
    SOON(r, r->client.closed);
    assert_string_equal(r->client.why, "timed out after 2 s: firewall?");
    deaf_release(&last);
}

/* So is the time of a machine that was stopped meanwhile. */
static void time_that_is_over_is_not_there_for_the_next(void **state)
{
    struct conn_rig *r = *state;
    char port[6];
    struct deaf first = deaf_at("127.0.0.2", r->port, port);
    name.addresses[0] = "127.0.0.2";
    name.addresses[1] = "127.0.0.1";
    conn_rig_dial(r, "a-name", 2000);
    SOON(r, name.answered);
    clock_leap(2000);
    SOON(r, r->client.closed || r->client.opened);
    assert_int_equal(r->client.opened, 0);
    assert_string_equal(r->client.why, "timed out after 2 s: firewall?");
    deaf_release(&first);
}

/* The eight first of a name. */
static void no_more_than_eight_are_tried(void **state)
{
    static const char *const eight[] = {"127.0.0.2", "127.0.0.3", "127.0.0.4",
                                        "127.0.0.5", "127.0.0.6", "127.0.0.7",
                                        "127.0.0.8"};
    struct conn_rig *r = *state;
    memcpy(name.addresses, eight, sizeof(eight));
    name.addresses[7] = "127.0.0.1";
    conn_rig_dial(r, "a-name", 2000);
    SOON(r, r->client.opened);
    conn_abort(r->client.conn);
    SOON(r, r->client.closed == 1);
    name.addresses[7] = "127.0.0.9";
    name.addresses[8] = "127.0.0.1";
    conn_rig_dial(r, "a-name", 2000);
    SOON(r, r->client.closed == 2);
    assert_int_equal(r->client.status, UV_ECONNREFUSED);
}

static void a_name_that_is_none_says_why(void **state)
{
    static const struct {
        int error, status;
        const char *why;
    } cases[] = {
        {EAI_NONAME, -ENOENT, "name not found"},
        {EAI_NODATA, -ENOENT, "name not found"},
        {0, -ENOENT, "name not found"}, /* without an address */
        {EAI_AGAIN, -EAGAIN, "name not found: no name server answers"},
        {EAI_FAIL, UV_EAI_FAIL, "permanent failure"},
    };
    struct conn_rig *r = *state;
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        name.error = cases[i].error;
        conn_rig_dial(r, "a-name", 2000);
        SOON(r, r->client.closed == i + 1);
        assert_int_equal(r->client.status, cases[i].status);
        assert_string_equal(r->client.why, cases[i].why);
    }
}

static void a_name_that_is_looked_up_for_too_long_is_given_up(void **state)
{
    struct conn_rig *r = *state;
    name.addresses[0] = "127.0.0.1";
    name.slow = true;
    conn_rig_dial(r, "a-name", 2000);
    clock_leap(1999);
    conn_rig_turns(r);
    assert_int_equal(r->client.closed, 0);
    clock_leap(1);
    SOON(r, r->client.closed);
    assert_string_equal(r->client.why, "timed out after 2 s: name lookup is slow");
}

static int setup(void **state)
{
    memset(&name, 0, sizeof(name));
    if (conn_rig_setup(state) < 0)
        return -1;
    conn_rig_hold(*state);
    return sem_init(&found, 0, 0);
}

static int teardown(void **state)
{
    sem_post(&found);
    int rc = conn_rig_teardown(state);
    sem_destroy(&found);
    return rc;
}

#define HELD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HELD(nobody_listens),
        HELD(an_address_of_another_machine_is_not_tried),
        HELD(a_connection_that_hangs_times_out),
        HELD(closing_while_dialling_is_fine),
        HELD(a_wrong_port_is_no_dial),
        HELD(an_address_that_refuses_is_passed_over_at_once),
        HELD(one_that_is_not_of_this_machine_as_well),
        HELD(one_that_swallows_packets_has_its_share_of_the_time),
        HELD(when_all_have_failed_the_last_reason_is_told),
        HELD(time_that_is_over_is_not_there_for_the_next),
        HELD(no_more_than_eight_are_tried),
        HELD(a_name_that_is_none_says_why),
        HELD(a_name_that_is_looked_up_for_too_long_is_given_up),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, conn_rig_free_pair);
}
