// SPDX-License-Identifier: MIT
#include "server/signals.h"

#include <signal.h>

#include "common/base/base.h"
#include "common/cli/term.h"
#include "common/sys/first_process.h"
#include "common/sys/log.h"

static const int numbers[SIGNALS] = {SIGTERM, SIGINT,  SIGHUP,
                                     SIGUSR1, SIGUSR2, SIGCHLD};

static void on_stop(struct signals *s, int signum)
{
    if (signum == SIGHUP && !s->terminal) {
        log_info("SIGHUP, but no terminal has closed: it goes on");
        return;
    }
    if (s->told && signum == SIGHUP)
        return; /* a closing terminal may send it twice */
    if (s->told)
        s->events->on_again(s->ctx, signum);
    s->told = true;
    s->events->on_stop(s->ctx, signum);
}

static void on_reap(uv_timer_t *timer)
{
    struct signals *s = timer->data;
    first_process_reap(s->events->owns, s->ctx);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct signals *s = handle->data;
    switch (signum) {
    case SIGUSR1:
        s->events->on_status(s->ctx);
        break;
    case SIGUSR2:
        s->events->on_drain(s->ctx);
        break;
    case SIGCHLD: /* later, when libuv has waited for its own children */
        uv_timer_start(&s->reap, on_reap, 0, 0);
        break;
    default:
        on_stop(s, signum);
    }
}

static bool is_heeded(int signum)
{
    return signum == SIGCHLD  ? first_process_is()
           : signum == SIGHUP ? !term_is_outlived()
                              : true;
}

void signals_open(struct signals *s, uv_loop_t *loop,
                  const struct signals_events *events, void *ctx)
{
    *s = (struct signals){.events = events, .ctx = ctx, .terminal = term_controls()};
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(loop, &s->handles[i]);
        s->handles[i].data = s;
        if (is_heeded(numbers[i]))
            uv_signal_start(&s->handles[i], on_signal, numbers[i]);
    }
    uv_timer_init(loop, &s->reap);
    s->reap.data = s;
}

void signals_close(struct signals *s)
{
    for (size_t i = 0; i < SIGNALS; i++)
        uv_close((uv_handle_t *)&s->handles[i], NULL);
    uv_close((uv_handle_t *)&s->reap, NULL);
}
