#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A program for the tests: trial i of a seed hits if a hash of both is below TEXT of 1000
# (500).  It is slow, as programs are: some 300,000 trials a second.
#
# LIE=N in its environment: it lies from call N on, by one hit a call.
# FAIL=FILE: it dies while there is such a file.
calls=0
while read -r _ seed first count text; do
    [ -z "$FAIL" ] || [ ! -e "$FAIL" ] || {
        echo "there is a file $FAIL" >&2
        exit 3
    }
    # The last digits will do; a seed of 64 bits is more than the shell can count.
    s=1${seed#"${seed%??????}"} i=$first end=$((first + count)) hits=0
    while [ "$i" -lt "$end" ]; do
        x=$(((s * 7919 + i * 10007) % 1000003))
        hits=$((hits + (x * x % 1000003 % 1000 < ${text:-500}))) i=$((i + 1))
    done
    calls=$((calls + 1))
    [ "$calls" -lt "${LIE:-1000000000}" ] || hits=$((hits > 0 ? hits - 1 : 1))
    echo "$first $hits"
done
