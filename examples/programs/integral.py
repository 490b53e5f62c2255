# SPDX-License-Identifier: MIT
"""An integral as a mean: sqrt(1 - x^2) over [0, 1] is pi / 4.  A score: submit it by --score."""

import math

import picoord


@picoord.trial(score=True)
def integral(rng, n):
    return sum(math.sqrt(1 - rng.random() ** 2) for _ in range(n))


if __name__ == "__main__":
    print(picoord.run(integral, trials=1e7, scale=4))
