# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What a test needs and not every machine has; for tests of every kind.
#
#   needs COMMAND...         ends the test, which counts as passed, where one is missing
#   has WHAT COMMAND...      whether all are there; without them WHAT is skipped
#   skip WHY                 "skipped: WHY"; once more in the last lines of `make check`
#
# A command beyond those of `install-deps check` and of every system is used only after
# one of these (tests/lib/commands looks for others).

PATH=$PATH:${SBIN-/usr/sbin:/sbin} # where some are, and not every user looks

skip() {
    echo "skipped: $*"
    [[ -z ${PI_SKIPPED:-} ]] || echo "skipped: $*" >>"$PI_SKIPPED"
}

has() {
    local what=$1 command lacks=''
    shift
    for command; do
        command -v "$command" >/dev/null ||
            lacks+="${lacks:+, }no $command (package $(package_of "$command"))"
    done
    [[ -z $lacks ]] || {
        skip "$what: $lacks"
        return 1
    }
}

needs() {
    local name=${0##*/}
    name=${name%.sh}
    has "${name//-/ }" "$@" || exit 0
}

package_of() { "$(dirname "${BASH_SOURCE[0]}")/../../deploy/install-deps" --package "$1"; }
