# SPDX-License-Identifier: MIT
"""The tutorial's hitCount: points of a square, of which some lie inside its circle."""

import picoord


@picoord.trial
def hitCount(rng, trials):
    hits = 0
    for _ in range(trials):
        x, y = rng.random(), rng.random()
        if x * x + y * y < 1:
            hits += 1
    return hits


if __name__ == "__main__":
    print(picoord.run(hitCount, trials=1e7, scale=4))
