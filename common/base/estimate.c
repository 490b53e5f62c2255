// SPDX-License-Identifier: MIT
/*
 * The formulas of estimate.h.  Pure.  Compile with -ffp-contract=off: a fused
 * multiply-add rounds once where the formulas round twice.
 */
#include "common/base/estimate.h"

#include <assert.h>
#include <float.h>
#include <math.h>

static_assert(FLT_EVAL_METHOD == 0, "binary64 throughout: on x87 use -mfpmath=sse");

/* The 0.975 quantile of the normal distribution: 95 % lie within +-Z. */
static const double Z = 1.959963984540054;

static double standard_error(double p, double n, double scale)
{
    return scale * sqrt(p * (1 - p) / n);
}

struct estimate estimate_scaled(uint64_t hits, uint64_t most, uint64_t trials,
                                double scale)
{
    assert(hits <= most);
    if (trials == 0)
        return (struct estimate){.known = false};

    double n = (double)trials, p = (double)hits / (double)most;
    double wide = 1 + Z * Z / n;
    double centre = (p + Z * Z / (2 * n)) / wide;
    double half = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / wide;
    double low = centre - half, high = centre + half;
    return (struct estimate){
        .known = true,
        .pi = scale * p,
        .stderr_ = standard_error(p, n, scale),
        /* 0 and 4 are exact ends; rounding must not move the interval past them. */
        .ci_low = hits == 0 || low < 0 ? 0 : scale * low,
        .ci_high = p >= 1 || high > 1 ? scale : scale * high,
    };
}

struct estimate estimate_from(uint64_t hits, uint64_t trials)
{
    return estimate_scaled(hits, trials, trials, 4);
}

bool estimate_stderr_reached(uint64_t hits, uint64_t n, double limit)
{
    assert(hits <= n);
    return n > 0 && standard_error((double)hits / (double)n, (double)n, 4) <= limit;
}

bool estimate_scaled_reached(uint64_t hits, uint64_t most, uint64_t trials,
                             double scale, double limit)
{
    assert(hits <= most);
    if (trials == 0)
        return false;
    double n = (double)trials, p = (double)hits / (double)most;
    double cautious = (p * n + 2) / (n + 4);
    return standard_error(p, n, scale) <= limit &&
           standard_error(cautious, n, scale) <= limit;
}

double estimate_trials_needed(double limit)
{
    static const double p = 0.785; /* rounded: no more is needed, see estimate.h */
    return 16 * p * (1 - p) / (limit * limit);
}

double estimate_stderr_settling(int digits)
{
    assert(digits >= 1 && digits <= ESTIMATE_DIGITS_MAX);
    double unit = 1; /* of the last digit */
    for (int i = 1; i < digits; i++)
        unit *= 10;
    return 1 / (unit * 2 * Z);
}
