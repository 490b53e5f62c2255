#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A program in bash: put your own trial in the place of two dice that show the same, 1 / 6.
trial() { # its chance: 60 random bits of (seed, trial), SplitMix64's; arg is the job's text
    local z=$(($1 * 0x1d8e4e27c47d124f + ($2 + 1) * 0x9e3779b97f4a7c15))
    z=$(((z ^ (z >> 30 & 0x3ffffffff)) * 0xbf58476d1ce4e5b9))
    z=$(((z ^ (z >> 27 & 0x1fffffffff)) * 0x94d049bb133111eb))
    z=$(((z ^ (z >> 31 & 0x1ffffffff)) >> 4 & 0xfffffffffffffff))
    ((z % 6 == z / 6 % 6))
}

while read -r _ seed first count arg; do
    for ((i = first, hits = 0; i < first + count; i++)); do
        ! trial "$seed" "$i" "$arg" || ((++hits))
    done
    echo "$first $hits"
done
