#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# Prints tests/vectors/anytime.txt.  Needs mpmath.  Nothing here is computed as in
# common/base/anytime.c: the likelihoods are those of the definition, with 140 digits
# beyond the 20 of the gamma function of 2^62, and the ends are found by halving.

from mpmath import log, loggamma, mp, mpf, nstr

mp.dps = 160
UNIT = 65536

HEAD = """\
# The interval that holds at all moments, of p, worked out with 160 digits by
# tests/vectors/anytime.py: hits most trials low high"""


def low_end(h, m, n):
    """The least p that h hits and m misses leave inside; 0 where it is below 1e-50."""
    mixed = loggamma(h + 1) + loggamma(m + 1) - loggamma(n + 2)
    out, within = mpf(10) ** -50, h / n

    def inside(p):
        return mixed - h * log(p) - (m * log(1 - p) if m else 0) < log(mpf(20))

    if not h or inside(out):
        return mpf(0)
    for _ in range(600):
        p = (out * within) ** 0.5 if within < 1e-6 else (out + within) / 2
        out, within = (out, p) if inside(p) else (p, within)
    return within


def row(hits, most, n):
    h, m = mpf(hits) * n / most, mpf(most - hits) * n / most
    low, high = low_end(h, m, mpf(n)), 1 - low_end(m, h, mpf(n))
    print(hits, most, n, nstr(low, 20, min_fixed=-99, max_fixed=99), nstr(high, 20))


print(HEAD)
for hits, n in ((0, 1), (1, 1), (0, 10), (10, 10), (0, 1000), (1000, 1000), (0, 2**62), (2**62, 2**62),
                (1, 2), (1, 3), (2, 3), (3, 4), (8, 10), (1, 10), (9, 10), (1, 1000), (999, 1000),
                (1, 2**20), (2**20 - 1, 2**20), (1, 2**62), (2**62 - 1, 2**62), (1000, 2**62),
                (10, 20), (78, 100), (785, 1000), (7853, 10**4), (51492, 65536), (785477, 10**6),
                (78540676, 10**8), (1570774766, 2 * 10**9), (157079632679, 2 * 10**11),
                (2**39, 2**40), (863554413089, 2**40), (3537078439400, 2**52),
                (3621958021867217280, 2**62), (3622009729038561421, 2**62), (2**61, 2**62)):
    row(hits, n, n)
for hits, n in ((1, 1), (UNIT - 1, 1), (1, 1000), (UNIT // 2, 1), (3 * UNIT // 2, 4), (7 * UNIT + 1, 10), (12345678, 1000),
                (1, 2**46), (51471859 * 10**6, 10**9), (2**61, 2**46), (3 * 2**60 + 1, 2**46)):
    row(hits, n * UNIT, n)
