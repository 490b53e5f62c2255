#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# All workers' cables are pulled in the middle of a job, one for 5 s, one for 20 s; they
# come back by themselves, and the count is the same.
. "$(dirname "$0")/../unplugged.sh"

unplugged 5 20
