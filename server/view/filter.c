// SPDX-License-Identifier: MIT
#include "server/view/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/base.h"
#include "common/wire/names.h"

static const char *job_text(int state)
{
    return job_state_name((enum job_state)state);
}

static const char *worker_text(int state)
{
    return worker_state_name((enum worker_state)state);
}

/* Addresses that take a parameter; a state of 1 to `last`. */
static const struct address {
    const char *path, *key;
    const char *(*name)(int state);
    int last;
} addresses[] = {
    {"/api/v1/jobs", "state", job_text, JOB_FAILED},
    {"/api/v1/workers", "state", worker_text, WORKER_LEFT},
    {"/api/v1/events", "hz", NULL, 0},
};

struct reading {
    const struct address *address; /* NULL: it takes no parameter */
    struct filter *filter;
};

static void take_state(const struct reading *r, const char *text, size_t n)
{
    const struct address *a = r->address;
    for (int state = 1; state <= a->last; state++)
        if (strlen(a->name(state)) == n && !memcmp(a->name(state), text, n)) {
            r->filter->states |= UINT32_C(1) << state;
            return;
        }
    int at = snprintf(r->filter->why, FILTER_WHY_BYTES, "'%.*s' is no state;",
                      n < 32 ? (int)n : 32, text);
    for (int state = 1; state <= a->last; state++)
        at += snprintf(r->filter->why + at, (size_t)(FILTER_WHY_BYTES - at), " %s",
                       a->name(state));
}

static void take_hz(const struct reading *r, const char *text)
{
    char *end;
    long hz = strtol(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || hz < 1 || hz > FILTER_HZ_MAX)
        snprintf(r->filter->why, FILTER_WHY_BYTES, "hz is a number from 1 to %d",
                 FILTER_HZ_MAX);
    else
        r->filter->hz = (unsigned)hz;
}

static enum MHD_Result take(void *ctx, enum MHD_ValueKind kind, const char *key,
                            const char *value)
{
    const struct reading *r = ctx;
    (void)kind;
    if (!r->address || strcmp(key, r->address->key) != 0) {
        snprintf(r->filter->why, FILTER_WHY_BYTES, "there is no parameter '%.32s' here",
                 key);
    } else if (!r->address->name) {
        take_hz(r, value ? value : "");
    } else {
        value = value ? value : "";
        for (size_t n; !*r->filter->why; value += n + 1) {
            n = strcspn(value, ",");
            take_state(r, value, n);
            if (!value[n])
                break;
        }
    }
    return *r->filter->why ? MHD_NO : MHD_YES;
}

void filter_read(struct MHD_Connection *m, const char *path, struct filter *ret)
{
    static const char api[] = "/api/";
    struct reading r = {.filter = ret};
    *ret = (struct filter){.hz = FILTER_HZ};
    if (strncmp(path, api, strlen(api)) != 0)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
        if (!strcmp(path, addresses[i].path))
            r.address = &addresses[i];
    MHD_get_connection_values(m, MHD_GET_ARGUMENT_KIND, take, &r);
}
