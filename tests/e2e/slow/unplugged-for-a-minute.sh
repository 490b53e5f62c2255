#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The cables of all workers are pulled for a minute: they come back, the count is the same.
. "$(dirname "$0")/../unplugged.sh"

unplugged 60 60
