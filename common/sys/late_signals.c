// SPDX-License-Identifier: MIT
/*
 * Blocking them would not do: threads of libuv's take what the main thread blocks.  So
 * a handle on a loop that never runs keeps libuv from resetting each of them.
 */
#include "common/sys/late_signals.h"

#include <signal.h>

#include <uv.h>

#include "common/base/base.h"

static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};

static void on_signal(uv_signal_t *handle, int signum)
{
    (void)handle, (void)signum;
}

void late_signals_ignore(void)
{
    static uv_loop_t loop;
    static uv_signal_t handles[ARRAY_SIZE(numbers)];
    if (uv_loop_init(&loop) < 0)
        return; /* out of descriptors: as if it had not been called */
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        uv_signal_init(&loop, &handles[i]);
        uv_signal_start(&handles[i], on_signal, numbers[i]);
        signal(numbers[i], SIG_IGN);
    }
}
