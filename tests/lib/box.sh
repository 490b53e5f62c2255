# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: MIT
#
# This machine's own root, with a layer over it for what is written, booted as a container
# that has nothing but loopback.  A script that sources this calls outside, which runs it
# again as `SCRIPT inside WORK GROUP...` in namespaces of its own, so that mounts and
# processes end with it, however it ends.  There:
#
#   work=$2 groups=("${@:3}"); trap leave EXIT; mount_box
#   ... what is to be there ...
#   boot; in_box COMMAND...
#
# $what it is about, $limit in seconds for all of it, $within for one command (40), $shown units whose journal a failure
# shows.  Needs root; where it cannot run it is skipped, and says so.

cannot() {
    skip "$what: $1"
    exit 0
}

# ---- on this machine ----

# In a control group that can be removed after it.
outside() {
    local why i status=0
    [[ $(id -u) == 0 ]] || cannot 'booting a container needs root'
    has "$what" systemd-nspawn unshare nsenter || exit 0
    why=$(unshare --mount --pid --fork --mount-proc true 2>&1) || cannot "$why"
    "${MAKE:-make}" --no-print-directory -s -C "$root" all >/dev/null
    work=$(mktemp -d)
    groups=() inner=''
    trap remove EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    for at in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
        [[ -e $at/cgroup.procs ]] || continue
        why=$(mkdir "$at/${work##*/}" 2>&1) || cannot "$why"
        groups+=("$at/${work##*/}")
    done
    unshare --mount --pid --fork --kill-child --mount-proc \
        "$0" inside "$work" "${groups[@]}" &
    inner=$!
    for ((i = 0; i < 5 * limit; i++)); do
        [[ -n $(jobs -pr) ]] || break
        sleep 0.2
    done
    ((i < 5 * limit)) || fleet_fail "not done after $limit s"
    wait $inner || status=$?
    inner=''
    exit $status
}

# All that is inside dies with the first process there.
remove() {
    local status=$? i
    trap - EXIT
    set +e
    [[ -z $inner ]] || { kill -s KILL "$inner" && wait "$inner"; } 2>/dev/null
    for ((i = 0; i < 100 && ${#groups[@]} > 0; i++)); do # until what was killed is gone
        find "${groups[@]}" -depth -type d -exec rmdir {} + 2>/dev/null
        [[ -e ${groups[-1]} ]] || unset 'groups[-1]'
        sleep 0.02
    done
    rmdir "$work"
    exit $status
}

# ---- in namespaces of its own ----

mount_box() {
    local why
    box=$work/root
    why=$({
        mount -t tmpfs -o mode=700 tmpfs "$work" &&
            mkdir "$work/upper" "$work/work" "$box" &&
            mount -t overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" \
                overlay "$box" &&
            mount -t tmpfs tmpfs /run # systemd-nspawn leaves folders there
    } 2>&1) || cannot "$why"
    # What this machine may have of ours.
    rm -rf "$box"/etc/systemd/system/pi{coord,worker}* "$box"/etc/default/pi{coord,worker} \
        "$box/etc/piworker.join" \
        "$box"/etc/systemd/system/*.wants/pi{coord,worker}* "$box"/var/lib/{,private/}picoord
    : >"$box/box"
}

# Its root and its being process 1 tell that a command goes into the box, not beside it.
booted() {
    leader=$(cat "/proc/$nspawn/task/$nspawn/children" 2>/dev/null) &&
        leader=${leader% } && [[ -e /proc/$leader/root/box ]] &&
        grep -q '^NSpid:.*\s1$' "/proc/$leader/status" &&
        [[ $(in_box systemctl is-active basic.target 2>/dev/null) == active ]]
}

boot() {
    local options=(systemd.unit=basic.target) i
    # There is no network that could come online.
    for i in systemd-networkd NetworkManager ifupdown; do
        options+=("systemd.mask=$i-wait-online.service")
    done
    [[ -e /sys/fs/cgroup/cgroup.procs ]] || options+=(systemd.unified_cgroup_hierarchy=0)
    (
        for i in "${groups[@]}"; do
            echo 0 >"$i/cgroup.procs"
        done
        exec setsid systemd-nspawn --quiet --directory="$box" --register=no --keep-unit \
            --private-network --machine=picoord-units --boot "${options[@]}"
    ) </dev/null >"$work/boot.log" 2>&1 &
    nspawn=$!
    for ((i = 0; i < 400; i++)); do
        ! booted || return 0
        kill -0 $nspawn 2>/dev/null || break
        sleep 0.05
    done
    nspawn='' # there is nothing to ask to leave
    cannot "systemd does not come up here: $(tail -n 1 "$work/boot.log")"
}

in_box() {
    nsenter -t "$leader" -m -u -i -n -p -r -w -C env -i HOME=/root \
        PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin timeout "${within:-40}" "$@"
}

leave() {
    local status=$? i
    trap - EXIT
    set +e
    if [[ -n ${nspawn:-} ]]; then
        ((status == 0)) || in_box journalctl --no-pager -o short-monotonic -n 60 \
            "${shown[@]/#/--unit=}" >&2
        in_box systemctl poweroff >/dev/null 2>&1
        for ((i = 0; i < 200; i++)); do
            kill -0 "$nspawn" 2>/dev/null || break
            sleep 0.05
        done
    fi
    exit $status # whatever still runs is killed
}
