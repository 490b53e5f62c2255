// SPDX-License-Identifier: MIT
#include "worker/agent_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base/format.h"
#include "common/join/endpoint.h"
#include "common/sys/log.h"

void agent_log_exit(const struct agent_teller *l, const struct agent_effect *e)
{
    uint32_t unanswered, todo;
    agent_counts(l->agent, &unanswered, &todo);
    if (e->exit.status == 0) {
        log_info("left", log_str("why", e->exit.text),
                 log_int("unanswered", unanswered));
        return;
    }
    fprintf(stderr, "piworker: %s%s%s%s\n", e->exit.status == 3 ? "cannot reach " : "",
            l->where, e->exit.status == 3 ? ": " : " ", e->exit.text);
    if (e->exit.hint[0])
        fprintf(stderr, "hint: %s\n", e->exit.hint);
}

void agent_log_event(const struct agent_teller *l, const struct agent_effect *e)
{
    char text[sizeof(((struct endpoint *)0)->where) + TEXT_BYTES + 100],
        again[FORMAT_MAX];
    uint32_t unanswered, todo;
    format_duration(again, sizeof(again), e->event.ms);
    switch (e->event.type) {
    case AGENT_EVENT_CONNECTING:
        log_debug("connecting");
        return;
    case AGENT_EVENT_RETRY:
        snprintf(text, sizeof(text), "cannot reach %s: %s; retrying in %s", l->where,
                 e->event.text, again);
        log_warn(text,
                 log_str("hint", "is it the address that picoord printed? this worker "
                                 "keeps trying"));
        return;
    case AGENT_EVENT_JOINED:
        snprintf(text, sizeof(text),
                 "piworker %s: registered with %s as %s, %" PRIu32 " thread%s",
                 l->config->version, l->where, e->event.text, l->config->threads,
                 l->config->threads == 1 ? "" : "s");
        log_info(text, log_str("kernel", l->config->kernel));
        return;
    case AGENT_EVENT_DISCONNECTED:
        agent_counts(l->agent, &unanswered, &todo);
        snprintf(text, sizeof(text), "lost %s: %s; connecting again in %s", l->where,
                 e->event.text, again);
        log_warn(text, log_int("unanswered", unanswered), log_int("held", todo));
        return;
    case AGENT_EVENT_DRAINING:
        log_info("leaving", log_str("why", e->event.text));
        return;
    case AGENT_EVENT_PROGRAM_FAILED:
        log_error("a program has failed", log_str("program", e->event.text),
                  log_str("hint", "it is tried again in 10 minutes"));
        return;
    case AGENT_EVENT_PROGRAM_BACK:
        log_info("a program is offered again", log_str("program", e->event.text));
        return;
    }
}
