// SPDX-License-Identifier: MIT
#include "server/stop.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/base/exit.h"
#include "common/program/child.h"
#include "common/sys/late_signals.h"
#include "common/sys/log.h"
#include "common/sys/sd_notify.h"
#include "common/sys/standard.h"

enum {
    STOP_MS = 1700,  /* then nothing is waited for: the limit is 2 s */
    ABORT_MS = 200,  /* then the process exits */
    FULL_MS = 10000, /* so long a drain waits for a full disk */
};

static void close_rest(struct app *app)
{
    if (app->net || app->spawn || app->closed)
        return;
    app->closed = true;
    late_signals_ignore();
    signals_close(&app->signals);
    uv_close((uv_handle_t *)&app->stop_timer, NULL);
    uv_close((uv_handle_t *)&app->notify_timer, NULL);
    uv_close((uv_handle_t *)&app->grace_timer, NULL);
}

void stop_net_closed(void *ctx)
{
    struct app *app = ctx;
    app->net = NULL;
    viewers_close(app->viewers);
    app->viewers = NULL;
    local_operator_close(app->self);
    app->self = NULL;
    close_rest(app);
}

void stop_spawn_gone(void *ctx)
{
    struct app *app = ctx;
    app->spawn = NULL;
    close_rest(app);
}

static void leave_now(struct app *app, int status)
{
    local_operator_clear_bar(app->self);
    spawn_kill(app->spawn);
    access_leave_now(app->access);
    _exit(standard_flush("picoord", status));
}

/* The disk stalls.  What waits for it was never answered, so nothing is lost. */
static void on_too_late(uv_timer_t *timer)
{
    struct app *app = timer->data;
    leave_now(app, app->status);
}

static void on_stop_timer(uv_timer_t *timer)
{
    struct app *app = timer->data;
    log_warn("not everything had ended in time");
    uv_timer_start(timer, on_too_late, ABORT_MS, 0);
    local_operator_log_stopped(app->self);
    if (app->net)
        net_abort(app->net);
    spawn_kill(app->spawn);
}

/* Starts the time limit for the shutdown. */
static void hurry(struct app *app)
{
    if (app->stopping)
        return;
    app->stopping = true;
    sd_notify_stopping();
    access_unwatch(app->access);
    uv_timer_stop(&app->grace_timer);
    uv_timer_start(&app->stop_timer, on_stop_timer, STOP_MS, 0);
    if (app->spawn)
        spawn_stop(app->spawn);
}

void stop_core_stopped(void *ctx)
{
    struct app *app = ctx;
    hurry(app);
    local_operator_log_stopped(app->self);
    net_close(app->net);
}

static void stop(struct app *app, bool finish)
{
    local_operator_clear_bar(app->self);
    if (!finish)
        hurry(app);
    if (app->net)
        net_input(app->net, &(struct input){.type = INPUT_STOP, .finish = finish});
}

/* ---- waiting for leases first ---- */

static void on_grace_over(uv_timer_t *timer)
{
    struct app *app = timer->data;
    log_warn(app->full ? "the disk is still full: leases are not waited for"
                       : "leases are still out: they are not waited for any longer");
    stop(app, false);
}

/* Without --grace only a full disk limits it. */
static void limit_drain(struct app *app)
{
    int64_t ms = app->options.grace_ms ? app->options.grace_ms
                 : app->full           ? FULL_MS
                                       : 0;
    if (!app->draining || app->stopping)
        return;
    if (ms == 0)
        uv_timer_stop(&app->grace_timer);
    else if (!uv_is_active((uv_handle_t *)&app->grace_timer))
        uv_timer_start(&app->grace_timer, on_grace_over, (uint64_t)ms, 0);
}

static void drain(struct app *app)
{
    if (app->stopping)
        return;
    log_info("draining: waits for the leases that are out, then stops");
    app->draining = true;
    limit_drain(app);
    stop(app, true);
}

void stop_store_event(struct app *app, enum event_type type)
{
    if (type != EVENT_STORE_FULL && type != EVENT_STORE_RECOVERED)
        return;
    app->full = type == EVENT_STORE_FULL;
    limit_drain(app);
}

void stop_when_done(void *ctx, int status)
{
    struct app *app = ctx;
    app->status = status;
    stop(app, false);
}

/* ---- signals ---- */

/* After a failed write the state in memory cannot be trusted.  All that is durable is
 * on disk, and the next start reads it. */
void stop_at_failure(void *ctx, const struct error *why)
{
    struct app *app = ctx;
    local_operator_clear_bar(app->self);
    log_error(why->what, log_str("hint", why->hint));
    leave_now(app, EXIT_LOCAL);
}

/* Unless the job is done before picoord has stopped. */
static void interrupt_job(struct app *app)
{
    if (app->options.exit_when_done && !app->stopping)
        app->status = EXIT_TIMEOUT;
}

static void on_status_signal(void *ctx)
{
    struct app *app = ctx;
    if (app->self)
        local_operator_log_status(app->self);
}

static void on_drain_signal(void *ctx)
{
    interrupt_job(ctx);
    drain(ctx);
}

static void on_stop_signal(void *ctx, int signum)
{
    struct app *app = ctx;
    local_operator_clear_bar(app->self);
    log_info("stopping", log_str("signal", strsignal(signum)));
    interrupt_job(app);
    if (app->options.grace_ms && !app->draining)
        drain(app);
    else
        stop(app, false);
}

static void on_second_signal(void *ctx, int signum)
{
    leave_now(ctx, EXIT_SIGNAL + signum);
}

static bool owns(void *ctx, pid_t pid)
{
    return spawn_owns(((struct app *)ctx)->spawn, pid) || child_is_ours(pid);
}

/* ---- the beginning ---- */

void stop_open(struct app *app)
{
    static const struct signals_events events = {.on_status = on_status_signal,
                                                 .on_drain = on_drain_signal,
                                                 .on_stop = on_stop_signal,
                                                 .on_again = on_second_signal,
                                                 .owns = owns};
    uv_loop_init(&app->loop);
    signals_open(&app->signals, &app->loop, &events, app);
    uv_timer_init(&app->loop, &app->stop_timer);
    uv_timer_init(&app->loop, &app->notify_timer);
    uv_timer_init(&app->loop, &app->grace_timer);
    app->stop_timer.data = app->notify_timer.data = app->grace_timer.data = app;
}

void stop_half_started(struct app *app)
{
    hurry(app);
    if (app->net)
        net_abort(app->net);
    else
        viewers_close(app->viewers);
    close_rest(app);
}
