// SPDX-License-Identifier: MIT
/*
 * The ends of anytime.h, by Newton's method.  Pure.
 */
#include "common/base/anytime.h"

#include <assert.h>
#include <math.h>

enum {
    STEPS_MAX = 60, /* of Newton's method; it takes four to eight */
    KEPT_BITS = 41,
};

static const double ONE_IN = 20; /* 5 % */
static const double TWO_PI = 6.283185307179586;

/* x - ln(1+x), of which little is left where x is small. */
static double excess(double x)
{
    double sum = 0, power = x;
    if (fabs(x) > 0.1)
        return x - log1p(x);
    for (int k = 2; k < 20; k++) /* then terms are below 1e-16 of the first */
        sum += (power *= -x) / k;
    return -sum;
}

/* Stirling's remainder, for any x > 0. */
static double remainder_of(double x)
{
    double sum = 0;
    while (x < 16) {
        sum += (x + 0.5) * log1p(1 / x) - 1;
        x++;
    }
    double i = 1 / (x * x);
    return sum + (1.0 / 12 -
                  i * (1.0 / 360 - i * (1.0 / 1260 -
                                        i * (1.0 / 1680 -
                                             i * (1.0 / 1188 - i * 691.0 / 360360))))) /
                     x;
}

/* What n KL must not reach, of h hits and m misses, both above 0. */
static double reach(double h, double m, double n)
{
    return log(ONE_IN) + log(n + 1) + log(n / TWO_PI / h / m) / 2 + remainder_of(n) -
           remainder_of(h) - remainder_of(m);
}

/*
 * The s > 0 for which n KL(q, q e^-s) is `limit`; q and p are the parts of hits and
 * misses, q + p = 1.  With d = q - q e^-s
 *
 *   KL = q (s - (1 - e^-s)) + p (d/p - ln(1 + d/p)),
 *
 * a sum of what is not negative, where nothing cancels; convex in s, with the
 * derivative d / (p + d).  So after the first step Newton's comes from above.
 */
static double fall(double q, double p, double n, double limit)
{
    double s = sqrt(2 * limit * p / (n * q));
    for (int i = 0; i < STEPS_MAX; i++) {
        double part = -expm1(-s), d = q * part;
        double falls = s > 0.1 ? s - part : excess(-part);
        double rest = n * (q * falls + p * excess(d / p)) - limit;
        double step = rest / n * (p + d) / d;
        s -= step;
        if (fabs(step) <= 1e-9 * s) /* the next would be 1e-18 */
            break;
    }
    return s;
}

static double down(double x)
{
    int exponent;
    double fraction = frexp(x, &exponent);
    return ldexp(floor(ldexp(fraction, KEPT_BITS)), exponent - KEPT_BITS);
}

static double up(double x)
{
    int exponent;
    double fraction = frexp(x, &exponent);
    return ldexp(ceil(ldexp(fraction, KEPT_BITS)), exponent - KEPT_BITS);
}

struct anytime anytime_scaled(uint64_t hits, uint64_t most, uint64_t n, double scale)
{
    assert(0 < n && n <= most && hits <= most);
    double trials = (double)n, q = (double)hits / (double)most,
           p = (double)(most - hits) / (double)most;
    double alone = (log(ONE_IN) + log(trials + 1)) / trials; /* all alike */
    double low = 0, high = 1;
    if (p == 0)
        low = exp(-alone);
    else if (q == 0)
        high = -expm1(-alone);
    else {
        double limit = reach(q * trials, p * trials, trials);
        low = q * exp(-fall(q, p, trials, limit));
        high = q - p * expm1(-fall(p, q, trials, limit));
    }
    return (struct anytime){scale * down(low), high >= 1 ? scale : scale * up(high)};
}
