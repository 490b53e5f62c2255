// SPDX-License-Identifier: MIT
#include "tests/lib/job_rig.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/anytime.h"
#include "common/base/estimate.h"

struct job_view job(uint64_t trials, uint64_t done, uint64_t hits)
{
    struct estimate e = estimate_from(hits, done);
    struct anytime a = {NAN, NAN};
    if (done > 0)
        a = anytime_scaled(hits, done, done, SCALE_PI);
    return (struct job_view){
        .number = 3,
        .name = "",
        .program = "",
        .arg = "",
        .scale = SCALE_PI,
        .state = done == trials ? JOB_DONE : JOB_RUNNING,
        .reason = "",
        .stalled = "",
        .doubt = "",
        .seed = 42,
        .trials = trials,
        .done = done,
        .hits = hits,
        .verified_done = done,
        .verified_hits = hits,
        .pi = e.known ? e.pi : NAN,
        .stderr_ = e.known ? e.stderr_ : NAN,
        .ci_low = e.known ? e.ci_low : NAN,
        .ci_high = e.known ? e.ci_high : NAN,
        .any_low = a.low,
        .any_high = a.high,
        .rate = done == trials ? 0 : 4.12e9,
        .weight = 1,
        .elapsed_ms = 252000,
    };
}

char *printed(void (*print)(FILE *, const void *), const void *what)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    print(out, what);
    fclose(out);
    return text;
}
