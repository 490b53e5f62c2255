# SPDX-License-Identifier: MIT
"""What picoord_test.py has served: a file with several trials, good and bad."""

import os
import random

import picoord


@picoord.trial
def one(rng):
    return rng.random() < 0.25


@picoord.trial(block=64)
def block(rng, n):
    return sum(rng.random() < 0.25 for _ in range(n))


@picoord.trial
def talks(rng, arg):
    print("this is no answer")
    os.write(1, b"nor is this\n")
    return arg == "two words"


@picoord.trial
def fails(rng):
    raise RuntimeError("a word of why")


@picoord.trial(block=64)
def careless(rng, n):
    return sum(random.random() < 0.25 for _ in range(n))


if __name__ == "__main__":
    picoord.run(one)
