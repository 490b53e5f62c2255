// SPDX-License-Identifier: MIT
/*
 * What a hit count says about pi.  With h hits in n trials and p = h/n:
 *
 *   pi       = 4p
 *   stderr   = 4 sqrt(p(1-p)/n), the binomial standard error
 *   interval = 4 times Wilson's score interval for p at 95 %: with z = 1.96 (to 16
 *              digits below) centre (p + z^2/2n) / (1 + z^2/n), half width
 *              z sqrt(p(1-p)/n + z^2/4n^2) / (1 + z^2/n)
 *
 * E. B. Wilson, "Probable inference, the law of succession, and statistical
 * inference", J. Amer. Statist. Assoc. 22 (1927).  Unlike pi +- 1.96 stderr it is also
 * valid for few trials, never leaves [0, 4], and always contains 4h/n.
 *
 * What a program counts has a scale of its own in the place of 4.  Where a trial counts
 * any part of 1, p is the mean, and as no such variance is above p(1-p), all that
 * follows holds, on the safe side.
 *
 * All arithmetic is binary64, each operation rounded once, in the order written, so the
 * values are the same on every machine.  Pure; nothing here knows the true pi.
 */
#ifndef COMMON_BASE_ESTIMATE_H
#define COMMON_BASE_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

struct estimate {
    bool known; /* false without trials: then the rest is 0 and meaningless */
    double pi;
    double stderr_; /* `stderr` is a macro */
    double ci_low, ci_high;
};

/* Precondition: hits <= trials. */
struct estimate estimate_from(uint64_t hits, uint64_t trials);

/* Of n trials that count `hits` of at most `most`, and a scale above 0: `pi` and the
 * rest are scale times hits / most. */
struct estimate estimate_scaled(uint64_t hits, uint64_t most, uint64_t n, double scale);

/*
 * The stop rule: 4 sqrt(p(1-p)/n) <= limit, p = hits/n.  False at n = 0.  True for any
 * limit >= 0 while all trials are hits, or none is: callers use it for large n only.
 */
bool estimate_stderr_reached(uint64_t hits, uint64_t n, double limit);

/* The same with a scale, for any n: the limit must hold with two hits and two misses
 * more as well, so that few trials that are all alike prove nothing. */
bool estimate_scaled_reached(uint64_t hits, uint64_t most, uint64_t n, double scale,
                             double limit);

/*
 * The least limit that 2^62 trials, the most that a job has, can reach: p is near pi/4,
 * so stderr = sqrt(16 p(1-p)/n) = sqrt(2.7/n), and that is 7.65e-10.
 */
#define ESTIMATE_STDERR_LEAST 7.7e-10

/* About how many trials a limit takes: 2.7/limit^2. */
double estimate_trials_needed(double limit);

/*
 * The standard error at which `digits` digits of pi are settled (3.14 has three): the
 * 95 % interval, 2 z stderr wide, is as wide as one unit of the last of them, so
 * the estimate is off by at most half a unit.  stderr = 10^(1-digits)/(2 z).
 */
double estimate_stderr_settling(int digits);

/* The most digits whose standard error is not below ESTIMATE_STDERR_LEAST. */
enum { ESTIMATE_DIGITS_MAX = 9 };

#endif
