#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# picoord is stopped for 15 s in the middle of a job, far longer than silence is borne:
# the workers compute on and come back, no one is given up for good, the count is right.
. "$(dirname "$0")/../checks.sh"

coordinator
worker ada --threads 1
worker bob --threads 1
wait_until 60 attached 2
job=$(pictl submit --trials $ENDLESS --seed 11)
wait_until 60 counted "$job" 1
signal STOP picoord
sleep 15
signal CONT picoord
running ada || fleet_fail 'ada has given up'
running bob || fleet_fail 'bob has given up'
wait_until 60 attached 2
counted=$(job_field "$job" 'done')
wait_until 60 counted "$job" $((counted + 1))
same_count "$job"
