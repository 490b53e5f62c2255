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

static void a_port_is_of_who_listens_on_it(void **state)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof(a);
    uid_t owner = (uid_t)-1;
    (void)state;
    if (access("/proc/net/tcp", R_OK) < 0)
        skip();
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &bytes), 0);
    assert_false(port_owner(ntohs(a.sin_port), &owner)); /* bound is not listening */
    assert_int_equal(listen(fd, 1), 0);
    assert_true(port_owner(ntohs(a.sin_port), &owner));
    assert_int_equal(owner, geteuid());
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_is_of_who_listens_on_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
