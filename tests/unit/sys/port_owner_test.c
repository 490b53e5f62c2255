// SPDX-License-Identifier: MIT
/* Whose a port is: ours, once we listen on it. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/sys/port_owner.h"
#include "tests/lib/scratch.h"

static uint16_t port_of(int fd)
{
    struct sockaddr_storage a;
    socklen_t bytes = sizeof(a);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &bytes), 0);
    return ntohs(a.ss_family == AF_INET6
                     ? ((const struct sockaddr_in6 *)(const void *)&a)->sin6_port
                     : ((const struct sockaddr_in *)(const void *)&a)->sin_port);
}

/* Bound to a free port of this machine; -1: it has no such addresses. */
static int bound(int family)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    const struct sockaddr *at =
        family == AF_INET ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, at, family == AF_INET ? sizeof(v4) : sizeof(v6)) == 0)
        return fd;
    close(fd);
    return -1;
}

static void a_port_is_of_who_listens_on_it(void **state)
{
    static const int families[] = {AF_INET, AF_INET6};
    (void)state;
    if (access("/proc/net/tcp", R_OK) < 0)
        skip();
    for (size_t i = 0; i < 2; i++) {
        int fd = bound(families[i]);
        if (fd < 0 && families[i] == AF_INET6)
            skip();
        assert_true(fd >= 0);
        uid_t owner = (uid_t)-1;
        assert_false(port_owner(port_of(fd), &owner)); /* bound is not listening */
        assert_int_equal(listen(fd, 1), 0);
        assert_true(port_owner(port_of(fd), &owner));
        assert_int_equal(owner, geteuid());
        close(fd);
    }
}

/* Its own port; not that of whom it is connected to, who has closed it meanwhile. */
static void who_is_only_connected_owns_nothing(void **state)
{
    struct sockaddr_in a;
    socklen_t bytes = sizeof(a);
    uid_t owner = (uid_t)-1;
    (void)state;
    int listener = bound(AF_INET), client = bound(AF_INET);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &bytes), 0);
    assert_int_equal(connect(client, (struct sockaddr *)&a, bytes), 0);
    assert_false(port_owner(port_of(client), &owner));
    assert_int_equal(owner, (uid_t)-1);
    close(client);
    close(listener);
}

static void looking_leaves_nothing_open(void **state)
{
    uid_t owner;
    (void)state;
    int before = scratch_count("/proc/self/fd");
    (void)port_owner(1, &owner);
    assert_int_equal(scratch_count("/proc/self/fd"), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_is_of_who_listens_on_it),
        cmocka_unit_test(who_is_only_connected_owns_nothing),
        cmocka_unit_test(looking_leaves_nothing_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
