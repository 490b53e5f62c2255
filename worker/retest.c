// SPDX-License-Identifier: MIT
#include "worker/retest.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/program/offer.h"
#include "common/program/self_test.h"

struct retest {
    uv_work_t work;
    struct retests *all;
    uint32_t program;
    const struct program_offer *offer;
    int err;
    struct self_test test;
    struct program_failure why;
};

/* On a thread of libuv's pool. */
static void on_work(uv_work_t *work)
{
    struct retest *t = work->data;
    const struct program_config config = {.name = t->offer->name,
                                          .command = t->offer->command};
    t->err = self_test(&config, t->all->cancel_fd, SELF_TEST_MS, &t->test, &t->why);
}

static void end_if_last(struct retests *r)
{
    if (!r->closed || r->running > 0)
        return;
    close(r->cancel_fd);
    r->cancel_fd = -1;
}

static void on_worked(uv_work_t *work, int status)
{
    struct retest *t = work->data;
    struct retests *r = t->all;
    (void)status; /* it is never cancelled by libuv */
    r->running--;
    if (!r->closed)
        r->on_done(r->ctx, t->program, &t->test, t->err ? &t->why : NULL);
    free(t);
    end_if_last(r);
}

int retests_open(struct retests *r, uv_loop_t *loop, retest_done *on_done, void *ctx)
{
    *r = (struct retests){.loop = loop, .on_done = on_done, .ctx = ctx};
    r->cancel_fd = eventfd(0, EFD_CLOEXEC);
    return r->cancel_fd < 0 ? -errno : 0;
}

void retests_begin(struct retests *r, uint32_t program,
                   const struct program_offer *offer)
{
    struct retest *t = mem_zero(1, sizeof(*t));
    t->work.data = t;
    t->all = r;
    t->program = program;
    t->offer = offer;
    if (uv_queue_work(r->loop, &t->work, on_work, on_worked) != 0)
        abort(); /* only a missing callback is an error */
    r->running++;
}

void retests_close(struct retests *r)
{
    if (r->closed)
        return;
    r->closed = true;
    eventfd_write(r->cancel_fd, 1);
    end_if_last(r);
}
