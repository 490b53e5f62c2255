// SPDX-License-Identifier: MIT
/*
 * Both stores on an event loop.  The one on disk uses the simulated disk of
 * power_disk.h, which stalls and fails on command.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include <sqlite3.h>

#include "common/sys/log.h"
#include "server/store/store.h"
#include "tests/lib/caught.h"
#include "tests/lib/power_disk.h"

enum { TURNS = 50 };

static char folder[] = "/tmp/picoord-store-XXXXXX";

static struct {
    uv_loop_t loop;
    struct store *store;
    uint64_t transaction;
    int status;
    unsigned reports, failures, snapshots, closed;
    int snapshot_status;
    size_t bytes;
    char sentence[800];
} now;

/* ---- helpers ---- */

static void on_durable(void *ctx, uint64_t transaction, int status)
{
    (void)ctx;
    now.reports++;
    now.transaction = transaction;
    now.status = status;
}

static void on_failed(void *ctx, const struct error *why)
{
    (void)ctx;
    now.failures++;
    snprintf(now.sentence, sizeof(now.sentence), "%s", why->what);
}

static void on_snapshot(void *ctx, int status, uint8_t *bytes, size_t n)
{
    (void)ctx;
    now.snapshots++;
    now.snapshot_status = status;
    now.bytes = n;
    free(bytes);
}

static void on_closed(void *ctx)
{
    (void)ctx;
    now.closed++;
}

static const struct store_events events = {on_durable, on_failed, on_snapshot,
                                           on_closed};

static int make_folder(void **state)
{
    (void)state;
    disk_install(1);
    log_set(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[128];
    (void)state;
    disk_wipe();
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static void open_store(void)
{
    struct error why;
    if (store_open(&now.loop, folder, &now.store, &why) < 0)
        fail_msg("%s", why.what);
}

static void begin(bool memory)
{
    memset(&now, 0, sizeof(now));
    uv_loop_init(&now.loop);
    if (memory)
        now.store = store_memory(&now.loop);
    else
        open_store();
    store_start(now.store, &events, NULL);
}

static void end(void)
{
    store_close(now.store);
    uv_run(&now.loop, UV_RUN_DEFAULT);
    assert_int_equal(now.closed, 1);
    assert_int_equal(uv_loop_close(&now.loop), 0);
}

/* Turns until the number that is counted there has been reached. */
static void await(const unsigned *count, unsigned n)
{
    bool failure = count == &now.failures;
    while (*count < n && (failure || now.failures == 0))
        uv_run(&now.loop, UV_RUN_ONCE);
    if (!failure && now.failures)
        fail_msg("it has failed: %s", now.sentence);
    assert_int_equal(*count, n);
}

static struct record a_ban(uint64_t worker)
{
    return (struct record){RECORD_BAN, .ban = {.worker = worker}};
}

static void commit(uint64_t transaction, uint64_t worker)
{
    static struct record r; /* lives until it has been written */
    r = a_ban(worker);
    store_commit(now.store, transaction, &r, 1);
}

/* ---- tests ---- */

static void a_transaction_in_memory_is_durable_within_the_turn(void **state)
{
    (void)state;
    begin(true);
    commit(1, 1);
    assert_int_equal(now.reports, 0); /* never from within */
    uv_run(&now.loop, UV_RUN_NOWAIT);
    assert_int_equal(now.reports, 1);
    assert_int_equal(now.status, 0);
    store_snapshot(now.store);
    store_snapshot(now.store);
    uv_run(&now.loop, UV_RUN_NOWAIT);
    assert_int_equal(now.snapshots, 2);
    assert_int_equal(now.snapshot_status, -ENOTSUP);
    end();
}

static void what_was_committed_is_found_by_the_next_life(void **state)
{
    size_t n;
    (void)state;
    disk_wipe();
    begin(false);
    for (unsigned i = 1; i <= 5; i++) {
        commit(i, 100 + i);
        await(&now.reports, i);
        assert_int_equal(now.transaction, i);
        assert_int_equal(now.status, 0);
    }
    end();
    memset(&now, 0, sizeof(now));
    uv_loop_init(&now.loop);
    open_store();
    const struct record *r = store_records(now.store, &n);
    assert_int_equal(n, 5);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(r[i].ban.worker, 101 + i);
    store_start(now.store, &events, NULL);
    end();
}

static void a_full_disk_is_told_and_the_same_transaction_passes_later(void **state)
{
    (void)state;
    disk_wipe();
    begin(false);
    log_set(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    disk.full = true;
    commit(1, 1);
    await(&now.reports, 1);
    assert_int_equal(now.status, -ENOSPC);
    disk.full = false;
    commit(1, 1);
    await(&now.reports, 2);
    assert_int_equal(now.status, 0);
    assert_int_equal(now.failures, 0);
    end();
}

/* A commit with this result; what it has logged. */
static const char *committed(uint64_t transaction, int status)
{
    unsigned before = now.reports;
    caught_begin(STDERR_FILENO);
    commit(transaction, transaction);
    await(&now.reports, before + 1);
    assert_int_equal(now.status, status);
    assert_true(now.transaction == transaction);
    return caught_end(STDERR_FILENO);
}

static void says_once(const char *log, const char *reason, const char *advice)
{
    char expected[400];
    snprintf(expected, sizeof(expected), "cannot save progress to %s/state.db: %s",
             folder, reason);
    assert_non_null(strstr(log, expected));
    assert_non_null(strstr(log, "nothing since "));
    assert_non_null(strstr(log, advice));
    assert_ptr_equal(strchr(log, '\n'), log + strlen(log) - 1);
}

/* "(81.6 GB free)", as the file system says, and no thousand times more or less. */
static void says_what_is_free(const char *log)
{
    static const char units[] = " kMGTP", before[] = "left on device (";
    double number;
    char unit = ' ';
    struct statvfs fs;
    const char *at = strstr(log, before);
    assert_non_null(at);
    assert_int_equal(sscanf(at + strlen(before), "%lf %c", &number, &unit), 2);
    const char *of = strchr(units, unit == 'B' ? ' ' : unit);
    assert_non_null(of);
    for (; of > units; of--)
        number *= 1000;
    assert_int_equal(statvfs(folder, &fs), 0);
    double bytes = (double)fs.f_bavail * (double)fs.f_frsize;
    assert_true(number >= bytes / 2 && number <= bytes * 2);
}

/* Each full disk of a life is told once, and so is one that is full by a quota. */
static void every_full_disk_is_told_once(void **state)
{
    (void)state;
    disk_wipe();
    begin(false);
    log_set(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    for (uint64_t i = 1; i <= 4; i++) {
        disk.full = i % 2;
        disk.over_quota = !disk.full;
        const char *log = committed(i, -ENOSPC);
        says_once(log, "no space left on device (", "Free 10 MB: it goes on");
        says_what_is_free(log);
        assert_string_equal(committed(i, -ENOSPC), "");
        assert_string_equal(committed(i, -ENOSPC), "");
        disk.full = disk.over_quota = false;
        assert_string_equal(committed(i, 0), "");
    }
    assert_int_equal(now.failures, 0);
    end();
}

static size_t log_bytes(void)
{
    char name[128];
    size_t n = 0;
    snprintf(name, sizeof(name), "%s/state.db-wal", folder);
    free(disk_get(name, &n));
    return n;
}

/* What is full may have room when the log is cut: then nothing is told, each time. */
static void a_log_that_is_cut_makes_room(void **state)
{
    (void)state;
    disk_wipe();
    begin(false);
    for (uint64_t i = 1; i <= 40; i++) {
        size_t before = log_bytes();
        bool fails = i % 20 == 0;
        disk.fail_code = SQLITE_FULL;
        disk.fail_at = fails ? disk.operations + 1 : 0;
        assert_string_equal(committed(i, 0), "");
        assert_int_equal(log_bytes() < before, fails);
    }
    end();
}

static void what_may_pass_is_told_with_what_would_help(void **state)
{
    static const struct {
        int code, status;
        const char *reason, *advice;
    } cases[] = {
        {SQLITE_IOERR_NOMEM, -ENOMEM,
         "out of memory hint=", "Free some memory: it goes on"},
        {SQLITE_BUSY, -EBUSY,
         "another program holds the file hint=", "End that program: it goes on"},
    };
    (void)state;
    disk_wipe();
    begin(false);
    for (uint64_t i = 0; i < 4; i++) {
        disk.fail_code = cases[i % 2].code;
        disk.fail_at = disk.operations + 1;
        says_once(committed(i + 1, cases[i % 2].status), cases[i % 2].reason,
                  cases[i % 2].advice);
        assert_string_equal(committed(i + 1, 0), "");
    }
    end();
}

/* Removed, or another in its place: in each life. */
static void a_file_that_has_left_its_place_ends_it(void **state)
{
    char name[128], other[128];
    (void)state;
    snprintf(name, sizeof(name), "%s/state.db", folder);
    snprintf(other, sizeof(other), "%s/other", folder);
    for (unsigned life = 0; life < 2; life++) {
        disk_wipe();
        begin(false);
        assert_string_equal(committed(1, 0), "");
        if (life) {
            fclose(fopen(other, "w"));
            assert_int_equal(rename(other, name), 0);
        } else {
            assert_int_equal(unlink(name), 0);
        }
        commit(2, 2);
        await(&now.failures, 1);
        assert_int_equal(now.reports, 1);
        assert_non_null(strstr(now.sentence, "was removed, moved or replaced while "));
        end();
        assert_int_equal(now.failures, 1);
    }
}

static void a_failed_write_or_sync_ends_it_with_a_sentence(void **state)
{
    (void)state;
    for (unsigned sync = 0; sync < 2; sync++) {
        disk_wipe();
        begin(false);
        disk.fail_code = sync ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE;
        disk.fail_at = disk.operations + 1;
        commit(1, 1);
        await(&now.failures, 1);
        assert_int_equal(now.reports, 0);
        assert_non_null(strstr(now.sentence, "cannot save progress to "));
        assert_non_null(strstr(now.sentence, "/state.db: "));
        uint64_t operations = disk.operations;
        store_snapshot(now.store); /* nothing is tried any more */
        uv_run(&now.loop, UV_RUN_NOWAIT);
        assert_int_equal(now.snapshots, 0);
        assert_true(disk.operations == operations);
        end();
    }
}

static void snapshots_are_taken_between_transactions(void **state)
{
    (void)state;
    disk_wipe();
    begin(false);
    commit(1, 1);
    store_snapshot(now.store);
    store_snapshot(now.store);
    await(&now.snapshots, 2);
    assert_int_equal(now.reports, 1);
    assert_int_equal(now.snapshot_status, 0);
    assert_true(now.bytes >= 4096);
    end();
}

static void a_store_that_closes_finishes_what_is_under_way(void **state)
{
    size_t n;
    (void)state;
    disk_wipe();
    begin(false);
    commit(1, 1);
    end();
    assert_int_equal(now.reports, 0);
    memset(&now, 0, sizeof(now));
    uv_loop_init(&now.loop);
    open_store();
    store_records(now.store, &n);
    assert_int_equal(n, 1);
    store_close(now.store); /* was never started */
    uv_run(&now.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&now.loop), 0);
}

static void on_beat(uv_timer_t *timer)
{
    (void)timer;
}

static void the_loop_goes_on_while_the_disk_stalls(void **state)
{
    uv_timer_t beat;
    (void)state;
    disk_wipe();
    begin(false);
    uv_timer_init(&now.loop, &beat);
    uv_timer_start(&beat, on_beat, 1, 1);
    disk.stalled = true;
    commit(1, 1);
    for (int turn = 0; turn < TURNS; turn++)
        uv_run(&now.loop, UV_RUN_ONCE);
    assert_int_equal(now.reports, 0);
    disk.stalled = false;
    await(&now.reports, 1);
    uv_close((uv_handle_t *)&beat, NULL);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transaction_in_memory_is_durable_within_the_turn),
        cmocka_unit_test(what_was_committed_is_found_by_the_next_life),
        cmocka_unit_test(a_full_disk_is_told_and_the_same_transaction_passes_later),
        cmocka_unit_test(every_full_disk_is_told_once),
        cmocka_unit_test(a_log_that_is_cut_makes_room),
        cmocka_unit_test(what_may_pass_is_told_with_what_would_help),
        cmocka_unit_test(a_file_that_has_left_its_place_ends_it),
        cmocka_unit_test(a_failed_write_or_sync_ends_it_with_a_sentence),
        cmocka_unit_test(snapshots_are_taken_between_transactions),
        cmocka_unit_test(a_store_that_closes_finishes_what_is_under_way),
        cmocka_unit_test(the_loop_goes_on_while_the_disk_stalls),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
