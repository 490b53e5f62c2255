// SPDX-License-Identifier: MIT
/*
 * An interval that holds at all moments: who looks as often as he likes, and stops when
 * he likes, is misled in at most 5 % of all jobs.  (The interval of estimate.h promises
 * that for one look; of those who look again and again it misleads more and more.)
 *
 * It is a confidence sequence from a mixture.  For n trials with h hits, let
 *
 *   M(p) = B(1+h, 1+n-h) / (p^h (1-p)^(n-h)),    B the beta function,
 *
 * the likelihood of h, mean over all rates with equal weights, over that of p.  If p is
 * the true rate, M is a martingale that begins at 1, and by Ville's inequality it ever
 * reaches 20 with a probability of at most 1/20.  The interval is all p for which it
 * has not: with the divergence KL(q, p) = q ln(q/p) + (1-q) ln((1-q)/(1-p)), those with
 *
 *   n KL(h/n, p) < ln 20(n+1) + ln(n / (2 pi h (n-h)))/2 + r(n) - r(h) - r(n-h),
 *
 * r(x) = ln x! - ln(sqrt(2 pi x) (x/e)^x) being Stirling's remainder.
 *
 * H. Robbins, "Statistical methods related to the law of the iterated logarithm", Ann.
 * Math. Statist. 41 (1970); S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon,
 * "Time-uniform, nonparametric, nonasymptotic confidence sequences", Ann. Statist. 49
 * (2021), whose beta-binomial mixture this is.
 *
 * A score, which counts any part of 1, has the same interval: for each rate q the
 * factor (q/p)^x ((1-q)/(1-p))^(1-x) is convex in x, so for 0 <= x <= 1 its mean is at
 * most that of a hit or a miss, which is 1, and M is a supermartingale (W. Hoeffding,
 * "Probability inequalities for sums of bounded random variables", J. Amer. Statist.
 * Assoc. 58 (1963); "sub-Bernoulli" in the words of the four).
 *
 * It costs width: some twice that of the interval for one look after a thousand trials,
 * three times after 10^12.
 *
 * What holds for both: which trials are counted first must not depend on what they
 * count.
 */
#ifndef COMMON_BASE_ANYTIME_H
#define COMMON_BASE_ANYTIME_H

#include <stdint.h>

struct anytime {
    double low, high;
};

/*
 * Of n trials that count `hits` of at most `most`, and a scale above 0, as
 * estimate_scaled(); n > 0.  Each end is right to 1e-12 of itself, and rounded outwards
 * to 41 bits: of log1p() and expm1() the last bits differ between machines.
 */
struct anytime anytime_scaled(uint64_t hits, uint64_t most, uint64_t n, double scale);

#endif
