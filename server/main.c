// SPDX-License-Identifier: MIT
/*
 * picoord: reads its command line, opens what it needs, and runs the event loop until
 * stop.c has closed everything.
 */
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include <openssl/crypto.h>
#include <uv.h>

#include "common/base/exit.h"
#include "common/cli/term.h"
#include "common/program/self_test.h"
#include "common/sys/first_process.h"
#include "common/sys/hash.h"
#include "common/sys/log.h"
#include "common/sys/sd_notify.h"
#include "common/sys/standard.h"
#include "server/access/access.h"
#include "server/access/identity.h"
#include "server/banner.h"
#include "server/fd_limit.h"
#include "server/init.h"
#include "server/local_operator.h"
#include "server/net/net.h"
#include "server/options.h"
#include "server/scaling.h"
#include "server/spawn.h"
#include "server/startup_error.h"
#include "server/state_check.h"
#include "server/stop.h"
#include "server/view/event_feed.h"
#include "server/view/event_log.h"
#include "server/view/viewer.h"
#include "server/view/worker_file.h"

enum { NOTIFY_MS = 5000 };

/* ---- callbacks of the core ---- */

static void make_mac(void *ctx, const void *data, size_t bytes,
                     uint8_t ret[TOKEN_BYTES])
{
    struct app *app = ctx;
    hash_mac(&app->mac, data, bytes, ret);
}

static uint64_t make_worker_id(void *ctx, const uint8_t secret[UID_BYTES])
{
    (void)ctx;
    return hash_worker_id(secret);
}

static enum auth judge_right(void *ctx, enum role role, const uint8_t *proof,
                             size_t bytes)
{
    struct app *app = ctx;
    if (role == ROLE_WORKER && spawn_authorize(app->spawn, proof, bytes))
        return AUTH_SPAWNED;
    return access_authorize(app->access, role, proof, bytes);
}

static int64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void describe_host(void *ctx, struct host_view *ret)
{
    struct app *app = ctx;
    ret->time_ms = wall_ms();
    ret->connections = (uint32_t)net_connections(app->net);
    struct viewer_stats stats;
    viewers_stats(app->viewers, &stats);
    ret->fds_used = app->own_fds + ret->connections + stats.sockets;
    ret->fds_limit = app->max_fds;
}

/* ---- what viewers need of the core ---- */

static bool ask_core(void *ctx, const struct msg_request *r, reply_sink *sink, void *to)
{
    struct net *net = ((struct app *)ctx)->net;
    return net && net_query(net, r, sink, to);
}

static bool print_joins(void *ctx, FILE *out)
{
    return access_print_joins(((struct app *)ctx)->access, out);
}

static bool print_fetches(void *ctx, FILE *out)
{
    return access_print_fetches(((struct app *)ctx)->access, out);
}

static void count_viewers(void *ctx, struct viewer_stats *ret)
{
    viewers_stats(((struct app *)ctx)->viewers, ret);
}

static void measure(void *ctx, struct meters *ret)
{
    struct app *app = ctx;
    struct rusage used;
    size_t resident = 0;
    if (app->net)
        net_measure(app->net, ret);
    if (getrusage(RUSAGE_SELF, &used) == 0)
        ret->cpu_us = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * INT64_C(1000000) +
                      used.ru_utime.tv_usec + used.ru_stime.tv_usec;
    if (uv_resident_set_memory(&resident) == 0)
        ret->resident_bytes = resident;
    ret->started_ms = app->started_ms;
}

/* ---- effects ---- */

static void on_local_reply(void *ctx, const struct msg *m)
{
    local_operator_reply(((struct app *)ctx)->self, m);
}

static void on_token(void *ctx, const struct effect *e)
{
    struct app *app = ctx;
    struct error why = {.what = ""};
    struct access_joins joins;
    struct input in = {.type = INPUT_TOKEN, .conn = e->conn};
    in.token.request = e->token.request;
    in.token.rotated = e->token.role;
    if (e->token.rotate)
        in.token.status = access_rotate(app->access, e->token.role, &why);
    access_joins(app->access, &joins);
    in.token.reason = why.what;
    in.token.joins = joins.view;
    in.token.joins.fetch = app->report.fetch != NULL;
    net_input(app->net, &in);
    OPENSSL_cleanse(&joins, sizeof(joins));
}

static bool send_events(void *ctx, conn_id conn, const struct msg_reply *reply)
{
    struct app *app = ctx;
    return app->net && net_reply(app->net, conn, reply);
}

static void on_effect(void *ctx, const struct effect *e)
{
    struct app *app = ctx;
    local_operator_clear_bar(app->self);
    event_log_write(&app->log, (int64_t)uv_now(&app->loop), e);
    viewers_effect(app->viewers, e);
    event_feed_effect(app->feed, e);
    if (app->self && e->type == EFFECT_EVENT)
        local_operator_event(app->self, &e->event);
    if (e->type == EFFECT_EVENT)
        stop_store_event(app, e->event.type);
}

/* ---- starting ---- */

static int open_store(struct app *app, struct store **ret)
{
    struct error why;
    const char *directory = access_directory(app->access);
    if (!directory) {
        *ret = store_memory(&app->loop);
        return 0;
    }
    if (store_open(&app->loop, directory, ret, &why) < 0)
        return startup_error_print(&why);
    if (access_made(app->access))
        app->made = "new key and tokens: earlier join strings do not work here";
    else if (store_made(*ret))
        app->made = "there was no state.db beside the key: the state is new and empty";
    return 0;
}

/* Text and HTTP viewers get a share of the descriptors. */
static int start_viewers(struct app *app)
{
    const struct server_options *o = &app->options;
    size_t fds = app->max_fds > LIMIT_SPARE_FDS ? app->max_fds - LIMIT_SPARE_FDS : 1;
    size_t n = viewers_of(fds);
    app->max_conns = fds - VIEWER_FDS * (n + viewers_kept(n));
    app->report = (struct report){
        .ask = ask_core,
        .stats = count_viewers,
        .measure = measure,
        .join = o->show_join ? print_joins : NULL,
        .fetch = o->show_join && worker_file_is_there() ? print_fetches : NULL,
        .ctx = app,
        .feed = app->feed,
        .addresses = o->view == 0,
    };
    int err = viewers_new(&app->loop, &app->report, &app->policy, n, &app->viewers);
    return err < 0 ? startup_error("start", "the HTTP server", err, NULL) : 0;
}

/* Its own programs, which have passed their self-tests. */
static void fill_programs(struct app *app)
{
    const struct offers *offers = &app->options.offers;
    for (size_t i = 0; i < offers->n; i++)
        app->programs[i] = (struct coord_program){.name = offers->items[i].name,
                                                  .test = app->options.tests[i].test,
                                                  .rate = app->options.tests[i].rate};
}

static int start_core(struct app *app)
{
    static const struct net_events events = {.on_local_reply = on_local_reply,
                                             .on_effect = on_effect,
                                             .on_token = on_token,
                                             .on_failed = stop_at_failure,
                                             .on_stopped = stop_core_stopped,
                                             .on_closed = stop_net_closed};
    struct coord_config config = {.mac = make_mac,
                                  .worker_id = make_worker_id,
                                  .authorize = judge_right,
                                  .host = describe_host,
                                  .ctx = app,
                                  .version = PI_VERSION,
                                  .audit = (enum audit_policy)app->options.audit,
                                  .new_ids_hour_origin =
                                      (uint32_t)app->options.per_address,
                                  .audit_percent = (uint32_t)app->options.audit_cpu,
                                  .audit_percent_most = options_audit_cpu_most(),
                                  .programs = app->programs,
                                  .n_programs = app->options.offers.n};
    fill_programs(app);
    struct net_limits limits = {
        .connections = app->max_conns,
        .log = &app->log,
        .viewers = app->viewers,
        .frames = LIMIT_FRAMES,
        .bytes = LIMIT_BYTES,
        .tls = access_tls(app->access),
        .plaintext = app->options.plaintext,
        .offers = app->options.offers.n > 0 ? &app->options.offers : NULL,
        .tests = app->options.tests,
    };
    struct store *store;
    const char *why = NULL;
    int status = open_store(app, &store);
    if (status)
        return status;
    hash_random(config.random, sizeof(config.random));
    hash_random(config.draw_key, sizeof(config.draw_key));
    hash_random(config.map_key, sizeof(config.map_key));
    int err =
        net_new(&app->loop, &config, store, &limits, &events, app, &app->net, &why);
    if (!err || !why)
        return err ? startup_error("start", "the coordinator", err, NULL) : 0;
    return startup_error_state(access_directory(app->access), why);
}

static int start_net(struct app *app)
{
    const struct server_options *o = &app->options;
    int err = 0;
    for (size_t i = 0; i < o->n_addresses; i++) {
        const struct sockaddr *a = (const struct sockaddr *)&o->addresses[i];
        err = net_listen(app->net, a, app->addresses[app->n_addresses]);
        if (err == 0)
            app->n_addresses++;
        else if (!options_may_lack(o, i, err))
            return startup_error_listen(a, err);
    }
    struct error why;
    err = access_announce(app->access, app->addresses, app->n_addresses, &why);
    app->own_fds = fd_limit_count(LIMIT_SPARE_FDS); /* the announcement's lock too */
    const struct advertised *own;
    size_t n = access_advertised(app->access, &own);
    for (size_t i = 0; i < n; i++)
        app->own_hosts[i] = own[i].host;
    app->policy = (struct view_policy){.open = o->view != 0,
                                       .names = o->view_hosts.items,
                                       .n_names = o->view_hosts.n,
                                       .own = app->own_hosts,
                                       .n_own = n};
    return err < 0 ? startup_error_print(&why) : 0;
}

static int start_workers(struct app *app)
{
    char join[JOIN_TEXT_BYTES];
    if (app->options.spawn == 0)
        return 0;
    access_local_join(app->access, join);
    int err = spawn_new(&app->loop, app->options.spawn, join, &app->options.offer,
                        stop_spawn_gone, app, &app->spawn);
    return err < 0 ? startup_error("start", "piworker", err,
                                   "it is looked for beside picoord, then in PATH")
                   : 0;
}

static void on_notify_timer(uv_timer_t *timer)
{
    struct app *app = timer->data;
    sd_notify_watchdog();
    if (app->self)
        local_operator_notify_status(app->self);
}

static void announce(struct app *app, uint64_t started_ns)
{
    if (app->made)
        log_warn(app->made, log_str("state", access_directory(app->access)));
    if (!term_is(STDERR_FILENO)) {
        banner_log(app->addresses, app->n_addresses);
        if (access_is_cut_off(app->access))
            log_warn(
                "this machine has no address that others reach: is the network on?",
                log_str("hint", "start picoord again when it is"));
    } else if (!app->options.exit_when_done) {
        banner_print(stderr, app->access, app->policy.open, app->addresses,
                     app->n_addresses, (int64_t)((uv_hrtime() - started_ns) / 1000000));
    }
    sd_notify_ready();
    if (!getenv("NOTIFY_SOCKET"))
        return;
    int64_t every = sd_notify_watchdog_ms();
    every = every == 0 || every > NOTIFY_MS ? NOTIFY_MS : every;
    uv_timer_start(&app->notify_timer, on_notify_timer, 0, (uint64_t)every);
}

static int start(struct app *app, uint64_t started_ns)
{
    struct error why;
    if (access_new(&app->options.access, &app->access, &why) < 0)
        return startup_error_print(&why);
    hash_mac_init(&app->mac, access_state_key(app->access), IDENTITY_STATE_KEY_BYTES);
    int status = start_viewers(app);
    status = status ? status : start_core(app);
    status = status ? status : start_net(app);
    status = status ? status : start_workers(app);
    if (status)
        return status;
    app->self =
        local_operator_new(&app->loop, app->net, &app->options, stop_when_done, app);
    access_watch(app->access, &app->loop);
    announce(app, started_ns);
    local_operator_log_resumed(app->self);
    local_operator_submit(app->self);
    return 0;
}

static int run(int argc, char **argv)
{
    uint64_t started_ns = uv_hrtime();
    struct app app = {0};
    if (!options_parse(argc, argv, &app.options, &app.status))
        return app.status;
    log_set((enum log_level)app.options.log_level,
            (enum log_format)app.options.log_format);
    if (app.options.check || app.options.init || app.options.scaling) {
        app.status = app.options.check  ? state_check(&app.options.access)
                     : app.options.init ? init_run(&app.options)
                                        : scaling_run(&app.options);
        options_release(&app.options);
        return app.status;
    }
    if (self_test_all("picoord", &app.options.offers, app.options.tests)) {
        options_release(&app.options);
        return EXIT_LOCAL;
    }
    app.feed = event_feed_new(send_events, &app);
    app.started_ms = wall_ms();
    app.max_fds = fd_limit_raise();
    stop_open(&app);
    app.status = start(&app, started_ns);
    if (app.status)
        stop_half_started(&app);
    uv_run(&app.loop, UV_RUN_DEFAULT);
    int err = uv_loop_close(&app.loop);
    assert(err == 0); /* all handles have been closed */

    event_feed_free(app.feed);
    access_free(app.access);
    hash_mac_release(&app.mac);
    options_release(&app.options);
    uv_library_shutdown();
    return app.status;
}

int main(int argc, char **argv)
{
    standard_open();
    first_process_begin();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* writes over the file size limit then return an error */
    return standard_flush("picoord", run(argc, argv));
}
