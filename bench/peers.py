#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# What somebody would run instead of piworker, in Python.  One of the peers of
# bench/kernel: prints trials/s of processor time, or why there are none.
#
#   peers.py tutorial|numpy-f64|numpy-f32|numba SECONDS
import random
import sys
import time

BATCH = 1 << 15  # doubles that stay in the cache


def tutorial(trials):
    """The loop of the lecture: hitCount(trials)."""
    hits = 0
    for _ in range(trials):
        x = random.random()
        y = random.random()
        if x * x + y * y <= 1.0:
            hits += 1
    return hits


def numpy_batched(dtype):
    """Arrays that are used again, and nothing allocated but the comparison."""
    import numpy

    rng = numpy.random.Generator(numpy.random.PCG64(1))
    x, y = numpy.empty(BATCH, dtype), numpy.empty(BATCH, dtype)

    def count(trials):
        hits = 0
        for _ in range(trials // BATCH):
            rng.random(out=x, dtype=dtype)
            rng.random(out=y, dtype=dtype)
            numpy.multiply(x, x, out=x)
            numpy.multiply(y, y, out=y)
            numpy.add(x, y, out=x)
            hits += numpy.count_nonzero(x < 1)
        return hits

    return count


def numba_compiled():
    """The lecture's loop with numba's compiler and its generator."""
    import numba
    import numpy

    @numba.njit
    def count(trials):
        hits = 0
        for _ in range(trials):
            x = numpy.random.random()
            y = numpy.random.random()
            if x * x + y * y <= 1.0:
                hits += 1
        return hits

    count(10)  # compiles
    return count


def main(name, seconds):
    makers = {
        "tutorial": (lambda: tutorial, 1 << 17),
        "numpy-f64": (lambda: numpy_batched("float64"), 1 << 22),
        "numpy-f32": (lambda: numpy_batched("float32"), 1 << 22),
        "numba": (numba_compiled, 1 << 22),
    }
    make, batch = makers[name]
    try:
        count = make()
    except ImportError as error:
        print(f"skipped: {error}")
        return
    count(batch // 4)  # warms up
    trials = hits = 0
    start = now = time.thread_time()
    while now < start + seconds:
        hits += count(batch)
        trials += batch
        now = time.thread_time()
    assert abs(4 * hits / trials - 3.14159) < 0.03
    print(f"{trials / (now - start):.0f}")


if len(sys.argv) != 3:
    sys.exit("usage: peers.py tutorial|numpy-f64|numpy-f32|numba SECONDS")
main(sys.argv[1], float(sys.argv[2]))
