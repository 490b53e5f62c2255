// SPDX-License-Identifier: MIT
/*
 * What each part says and does in a process that has used up its descriptors.  What it
 * has opened before, it closes: tests/lib/leaks.c looks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/viewer_rig.h"

#include "common/join/rendezvous.h"
#include "common/sys/output.h"
#include "common/sys/port_owner.h"
#include "common/sys/sd_notify.h"
#include "common/sys/secure_file.h"
#include "server/access/identity.h"
#include "server/fd_limit.h"
#include "server/store/database.h"
#include "server/store/log_check.h"
#include "tests/lib/scratch.h"
#include "tests/lib/starved.h"

#define JOIN                                                                           \
    "pi1.127.0.0.1:4000.aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq"          \
    ".eaqseizeeutcokbjfivsyljof4"

static struct error why;

/* Refused, with these words. */
static void assert_starved(int err, const char *words)
{
    if (err != -EMFILE || !strstr(why.what, words))
        fail_msg("%d: '%s' lacks '%s'", err, why.what, words);
}

static void files_say_so(void **state)
{
    (void)state;
    char text[16];
    size_t n = 0;
    scratch_write(scratch("secret"), "word", 0600);
    starved_begin();
    assert_starved(secure_file_read(scratch("secret"), text, sizeof(text), &n, &why),
                   "/secret: too many open files");
    assert_starved(secure_file_read_given(scratch("secret"), text, sizeof(text), &why),
                   "/secret: too many open files");
    assert_starved(secure_file_write(scratch("secret"), "x", 1, true, &why),
                   "cannot write ");
    assert_starved(secure_dir(scratch_folder, SECURE_IS_THERE, &why), "cannot open ");
    assert_int_equal(output_sync_parent(scratch("secret")), -EMFILE);
    starved_end();
    assert_int_equal(secure_file_read_text(scratch("secret"), text, sizeof(text), &why),
                     0);
    assert_string_equal(text, "word");
    assert_int_equal(scratch_count(scratch_folder), 1);
}

static void the_manager_is_not_told(void **state)
{
    (void)state;
    setenv("NOTIFY_SOCKET", "/nowhere", 1);
    starved_begin();
    assert_int_equal(sd_notify_ready(), -EMFILE);
    starved_end();
    unsetenv("NOTIFY_SOCKET");
}

static void who_owns_a_port_is_not_known(void **state)
{
    (void)state;
    uid_t uid = 7;
    starved_begin();
    assert_false(port_owner(1, &uid));
    starved_end();
    assert_int_equal(uid, 7);
}

static void descriptors_cannot_be_counted(void **state)
{
    (void)state;
    starved_begin();
    uint32_t n = fd_limit_count(99);
    starved_end();
    assert_int_equal(n, 99);
}

static void nobody_is_announced_or_found(void **state)
{
    (void)state;
    static const struct rendezvous_joins joins = {JOIN, JOIN, JOIN};
    struct rendezvous *r = NULL;
    struct rendezvous_entry entries[RENDEZVOUS_MAX];
    size_t n = 99;
    setenv("XDG_RUNTIME_DIR", scratch_folder, 1);
    starved_begin();
    assert_starved(rendezvous_announce(&joins, &r, &why), "too many open files");
    starved_end();
    assert_null(r);
    assert_int_equal(rendezvous_find(ROLE_WORKER, entries, &n, &why), 0);
    assert_int_equal(n, 0);
    /* Afterwards nothing is in the way. */
    assert_int_equal(rendezvous_announce(&joins, &r, &why), 0);
    starved_begin();
    assert_starved(rendezvous_renew(r, &joins, &why), "too many open files");
    assert_starved(rendezvous_find(ROLE_WORKER, entries, &n, &why),
                   "too many open files");
    starved_end();
    rendezvous_withdraw(r);
}

static void a_state_is_not_opened(void **state)
{
    (void)state;
    struct identity *id = NULL;
    struct database *d = NULL;
    starved_begin();
    assert_starved(identity_open(scratch_folder, &id, &why), "too many open files");
    assert_true(database_open(scratch("state.db"), &d, &why) < 0);
    starved_end();
    assert_null(id);
    assert_null(d);
    assert_int_equal(database_open(scratch("state.db"), &d, &why), 0);
    database_close(d);
    starved_begin();
    assert_true(log_check(scratch("state.db"), &why) < 0);
    starved_end();
    assert_non_null(strstr(why.what, "/state.db"));
}

/* ---- what has a loop ---- */

static void a_viewer_is_asked_to_come_again(void **state)
{
    struct room *r = *state;
    int fd = come(r);
    for (int i = 0; i < 10; i++)
        turn(r);
    starved_begin();
    say(fd, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    hear_until(r, fd, "503 Service Unavailable");
    starved_end();
    hear_all(r, fd);
    assert_non_null(strstr(get(r, "/healthz", ""), " 200 "));
}

#define SCRATCH(test)                                                                  \
    cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH(files_say_so),
        cmocka_unit_test(the_manager_is_not_told),
        cmocka_unit_test(who_owns_a_port_is_not_known),
        cmocka_unit_test(descriptors_cannot_be_counted),
        SCRATCH(nobody_is_announced_or_found),
        SCRATCH(a_state_is_not_opened),
        ROOM(a_viewer_is_asked_to_come_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
