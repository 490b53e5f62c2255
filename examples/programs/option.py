# SPDX-License-Identifier: MIT
"""Does a call option pay?  A share of 100 that moves by 20 % a year, a strike of 110 (--arg) in a
year, 5 % interest: N(d2) = 0.372004.  Needs numpy.

Normal numbers are made by log and exp, whose last bits are not the same on every processor; what
is counted is a comparison, which such a bit changes once in some 10^13 trials."""

import math

import numpy

import picoord

MONTHS, RATE, SIGMA = 12, 0.05, 0.20


@picoord.trial(numpy=True)
def option(rng, n, arg):
    drift = (RATE - SIGMA ** 2 / 2) / MONTHS
    months = drift + SIGMA / math.sqrt(MONTHS) * rng.standard_normal((MONTHS, n))
    return numpy.count_nonzero(months.sum(axis=0) > math.log(float(arg or 110) / 100))


if __name__ == "__main__":
    print(picoord.run(option, trials=1e8, arg="110"))
