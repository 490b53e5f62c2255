// SPDX-License-Identifier: MIT
#include "common/wire/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *job_state_name(enum job_state s)
{
    switch (s) {
    case JOB_QUEUED:
        return "queued";
    case JOB_RUNNING:
        return "running";
    case JOB_PAUSED:
        return "paused";
    case JOB_DONE:
        return "done";
    case JOB_CANCELLED:
        return "cancelled";
    case JOB_FAILED:
        return "failed";
    }
    return "unknown";
}

const char *worker_state_name(enum worker_state s)
{
    switch (s) {
    case WORKER_IDLE:
        return "idle";
    case WORKER_BUSY:
        return "busy";
    case WORKER_DRAINING:
        return "draining";
    case WORKER_SILENT:
        return "silent";
    case WORKER_LOST:
        return "lost";
    case WORKER_LEFT:
        return "left";
    }
    return "unknown";
}

const char *coord_state_name(enum coord_state s)
{
    switch (s) {
    case COORD_READY:
        return "ready";
    case COORD_DRAINING:
        return "draining";
    case COORD_DEGRADED:
        return "degraded";
    }
    return "unknown";
}

const char *worker_trust_name(enum worker_trust t)
{
    switch (t) {
    case TRUST_PROBATION:
        return "probation";
    case TRUST_SAMPLED:
        return "sampled";
    case TRUST_FULL:
        return "full";
    }
    return "unknown";
}

const char *trusted_as_name(enum trusted_as t)
{
    switch (t) {
    case TRUSTED_NOT:
        return "";
    case TRUSTED_SPAWNED:
        return "spawned";
    case TRUSTED_LOCAL:
        return "local";
    case TRUSTED_NAMED:
        return "named";
    }
    return "unknown";
}

const char *worker_removed_name(enum worker_removed r)
{
    switch (r) {
    case REMOVED_NOT:
        return "";
    case REMOVED_KICKED:
        return "kicked";
    case REMOVED_BANNED:
        return "banned";
    }
    return "unknown";
}

const char *program_state_name(enum program_state s)
{
    switch (s) {
    case PROGRAM_READY:
        return "ready";
    case PROGRAM_FAILED:
        return "failed";
    case PROGRAM_EXCLUDED:
        return "excluded";
    }
    return "unknown";
}

const char *refusal_name(enum refusal_code c)
{
    switch (c) {
    case REFUSAL_PROTOCOL:
        return "protocol";
    case REFUSAL_TOKEN:
        return "token";
    case REFUSAL_PLAINTEXT:
        return "plaintext";
    case REFUSAL_BANNED:
        return "banned";
    case REFUSAL_MALFORMED:
        return "malformed";
    case REFUSAL_FULL:
        return "full";
    case REFUSAL_REPLACED:
        return "replaced";
    case REFUSAL_ROLE:
        return "role";
    case REFUSAL_KERNEL:
        return "kernel";
    }
    return "unknown";
}

const char *audit_policy_name(enum audit_policy p)
{
    switch (p) {
    case AUDIT_ADAPTIVE:
        return "adaptive";
    case AUDIT_ALL:
        return "all";
    case AUDIT_NONE:
        return "none";
    }
    return "unknown";
}

const char *msg_name(enum msg_type t)
{
    static const char *const names[] = {
        [MSG_HELLO] = "Hello",         [MSG_WELCOME] = "Welcome",
        [MSG_REFUSAL] = "Refusal",     [MSG_BYE] = "Bye",
        [MSG_HEARTBEAT] = "Heartbeat", [MSG_RESUME] = "Resume",
        [MSG_GRANTS] = "Grants",       [MSG_RESULTS] = "Results",
        [MSG_ANSWERS] = "Answers",     [MSG_CANCEL] = "Cancel",
        [MSG_GIVE_BACK] = "GiveBack",  [MSG_DRAIN] = "Drain",
        [MSG_REQUEST] = "Request",     [MSG_REPLY] = "Reply",
    };
    return names[t];
}

const char *protocols_text(char ret[PROTOCOLS_TEXT_BYTES], uint32_t min, uint32_t max)
{
    snprintf(ret, PROTOCOLS_TEXT_BYTES,
             min == max ? "%" PRIu32 : "%" PRIu32 " to %" PRIu32, min, max);
    return ret;
}

/* What follows "j-", "J-", "j", "J" or nothing. */
static const char *after_job_prefix(const char *text)
{
    if (*text != 'j' && *text != 'J')
        return text;
    return text[1] == '-' ? text + 2 : text + 1;
}

bool job_id_like(const char *text)
{
    text = after_job_prefix(text);
    bool any = *text;
    while (*text >= '0' && *text <= '9')
        text++;
    return any && !*text;
}

uint64_t job_number(const char *text)
{
    text = after_job_prefix(text);
    if (!*text)
        return 0;
    uint64_t number = 0;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
            return 0;
    }
    return number;
}

bool worker_id_of(const char *text, uint64_t *ret)
{
    uint64_t id = 0;
    for (int i = 0; i < 16; i++) {
        char c = text[i], lower = (char)(c | 0x20);
        bool letter = lower >= 'a' && lower <= 'f';
        if (!letter && (c < '0' || c > '9'))
            return false;
        id = id << 4 | (uint64_t)(letter ? lower - 'a' + 10 : c - '0');
    }
    if (text[16])
        return false;
    *ret = id;
    return true;
}
