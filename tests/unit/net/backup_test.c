// SPDX-License-Identifier: MIT
/*
 * Backups on their way to operators, between a store and connections that are the
 * test's: each arrives whole, the second and third as the first.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/base.h"
#include "server/net/backup.h"

enum { CONNS = 20, IMAGE_MAX = 8 * BACKUP_BYTES };

/* One operator. */
static struct conn {
    bool closed, ended;
    size_t queued, most; /* bytes that it has not read */
    uint32_t id;
    uint64_t size;
    uint8_t got[IMAGE_MAX];
    size_t n;
    unsigned pieces;
    enum error_code code;
    char message[128], hint[64];
} conns[CONNS];
static unsigned snapshots;
static struct backups backups;

/* ---- in place of the store and of connections ---- */

void store_snapshot(struct store *s)
{
    (void)s;
    snapshots++;
}

size_t conn_queued_bytes(const struct conn *c)
{
    return c->queued;
}

void conn_send(struct conn *c, const struct msg *m)
{
    const struct msg_reply *r = &m->reply;
    assert_int_equal(m->type, MSG_REPLY);
    assert_false(c->closed || c->ended);
    c->id = r->id;
    c->ended = r->last;
    if (r->body == REPLY_ERROR) {
        c->code = r->error.code;
        strcpy(c->message, r->error.message);
        strcpy(c->hint, r->error.hint);
        return;
    }
    assert_int_equal(r->body, REPLY_BACKUP);
    assert_in_range(r->backup.bytes, 1, BACKUP_BYTES);
    assert_true(c->n + r->backup.bytes <= IMAGE_MAX);
    memcpy(c->got + c->n, r->backup.data, r->backup.bytes);
    c->n += r->backup.bytes;
    c->size = r->backup.size;
    c->queued += r->backup.bytes;
    c->most = c->queued > c->most ? c->queued : c->most;
    c->pieces++;
}

static struct conn *conn_of(void *ctx, conn_id id)
{
    (void)ctx;
    return conns[id].closed ? NULL : &conns[id];
}

/* ---- helpers ---- */

static int begin(void **state)
{
    (void)state;
    memset(conns, 0, sizeof(conns));
    snapshots = 0;
    backups = (struct backups){.conn_of = conn_of};
    return 0;
}

static int end(void **state)
{
    (void)state;
    backups_release(&backups);
    return 0;
}

static uint8_t byte_of(unsigned image, size_t at)
{
    return (uint8_t)(image * 31 + at % 251 + at / 251);
}

static void image_comes(unsigned image, size_t bytes)
{
    uint8_t *b = mem_resize(NULL, bytes, 1);
    for (size_t i = 0; i < bytes; i++)
        b[i] = byte_of(image, i);
    backups_image(&backups, 0, b, bytes);
}

/* Turns of the loop, in each of which all is read. */
static void pump(unsigned turns)
{
    for (unsigned i = 0; i < turns; i++) {
        backups_pump(&backups);
        for (size_t k = 0; k < CONNS; k++)
            conns[k].queued = 0;
    }
}

static void has_all(const struct conn *c, unsigned image, size_t bytes, uint32_t id)
{
    assert_true(c->ended);
    assert_int_equal(c->id, id);
    assert_int_equal(c->size, bytes);
    assert_int_equal(c->n, bytes);
    assert_int_equal(c->pieces, (bytes + BACKUP_BYTES - 1) / BACKUP_BYTES);
    for (size_t i = 0; i < bytes; i++)
        if (c->got[i] != byte_of(image, i))
            fail_msg("byte %zu of image %u", i, image);
}

/* ---- tests ---- */

static void each_of_a_life_is_whole(void **state)
{
    static const size_t sizes[] = {3 * BACKUP_BYTES + 17, 2 * BACKUP_BYTES, 1,
                                   BACKUP_BYTES + 1};
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        backups_add(&backups, i + 1, 100 + i);
        assert_int_equal(snapshots, i + 1);
        pump(3); /* nothing yet */
        assert_int_equal(conns[i + 1].n, 0);
        image_comes(i, sizes[i]);
        pump(10);
        has_all(&conns[i + 1], i, sizes[i], 100 + i);
    }
}

static void who_comes_together_is_served_in_turn(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 3; i++)
        backups_add(&backups, i, i);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(snapshots, i); /* one at a time */
        image_comes(i, 2 * BACKUP_BYTES + i);
        pump(10);
        has_all(&conns[i], i, 2 * BACKUP_BYTES + i, i);
    }
    assert_int_equal(snapshots, 3);
}

static void a_slow_reader_gets_no_more_than_it_reads(void **state)
{
    (void)state;
    backups_add(&backups, 1, 1);
    image_comes(0, IMAGE_MAX);
    for (int i = 0; i < 100; i++)
        backups_pump(&backups);
    assert_false(conns[1].ended);
    assert_in_range(conns[1].most, 1, CONN_SOFT_BYTES / 2 + BACKUP_BYTES);
    size_t held = conns[1].n;
    conns[1].queued = 0;
    backups_pump(&backups);
    assert_true(conns[1].n > held);
    pump(100);
    has_all(&conns[1], 0, IMAGE_MAX, 1);
}

static void who_has_gone_is_passed_over(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 4; i++)
        backups_add(&backups, i, i);
    conns[1].closed = true; /* before its image */
    image_comes(1, 10);
    image_comes(2, IMAGE_MAX);
    backups_pump(&backups);
    conns[2].closed = true; /* in the middle of it */
    backups_pump(&backups);
    conns[3].closed = true; /* when it has come */
    image_comes(3, 10);
    backups_pump(&backups);
    image_comes(4, 10);
    pump(2);
    has_all(&conns[4], 4, 10, 4);
    assert_int_equal(snapshots, 4);
}

static void where_there_is_none_that_is_said(void **state)
{
    static const struct {
        int status;
        enum error_code code;
        const char *message, *hint;
    } cases[] = {
        {-ENOTSUP, ERROR_NOT_POSSIBLE,
         "this coordinator keeps its state in memory: there is no file",
         "start picoord without --ephemeral"},
        {-ENOMEM, ERROR_STORAGE, "there is no memory for a copy of the state",
         "try again later"},
    };
    (void)state;
    for (unsigned i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
        const struct conn *c = &conns[i];
        backups_add(&backups, i, 70 + i);
        backups_image(&backups, cases[i % 2].status, NULL, 0);
        assert_true(c->ended);
        assert_int_equal(c->id, 70 + i);
        assert_int_equal(c->code, cases[i % 2].code);
        assert_string_equal(c->message, cases[i % 2].message);
        assert_string_equal(c->hint, cases[i % 2].hint);
    }
    backups_add(&backups, 9, 9); /* and the next one has luck */
    image_comes(9, 100);
    pump(1);
    has_all(&conns[9], 9, 100, 9);
}

static void sixteen_wait_and_no_more(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 17; i++)
        backups_add(&backups, i, i);
    for (unsigned i = 1; i <= 16; i++) {
        image_comes(i, 10);
        pump(1);
        has_all(&conns[i], i, 10, i);
    }
    assert_int_equal(snapshots, 16);
    assert_int_equal(conns[17].n, 0);
    backups_add(&backups, 18, 18);
    assert_int_equal(snapshots, 17);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_of_a_life_is_whole),
        TEST(who_comes_together_is_served_in_turn),
        TEST(a_slow_reader_gets_no_more_than_it_reads),
        TEST(who_has_gone_is_passed_over),
        TEST(where_there_is_none_that_is_said),
        TEST(sixteen_wait_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
