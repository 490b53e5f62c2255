# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Roots of this system's own suite, from the mirror and with the settings that apt has here.
#
#   suite                 its name
#   minbase ROOT [A,B]    debootstrap's minbase with these packages, ready for apt-get;
#                         sets http_proxy and https_proxy to what apt uses

suite() { sed -n 's/^VERSION_CODENAME=//p' /etc/os-release; }

minbase() {
    local root=$1 suite sources mirror packages=${2:-}
    suite=$(suite)
    # The sources of the suite: its mirror first, then updates.
    # shellcheck disable=SC2016 # for apt to expand
    sources=$(apt-get indextargets --format 'deb $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        grep -E "^deb [^ ]+ $suite(-[a-z]+)? main$" | sort -k 3)
    mirror=$(awk -v suite="$suite" '$3 == suite { print $2; exit }' <<<"$sources")
    [[ -n $mirror ]] || {
        echo "FAILED: apt has no source of ${suite:-this system}"
        return 1
    }
    [[ $mirror != https:* ]] || packages+=${packages:+,}ca-certificates
    http_proxy=${http_proxy:-} https_proxy=${https_proxy:-}
    eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
    export http_proxy https_proxy
    mkdir -p "$root/etc/dpkg/dpkg.cfg.d" # nobody needs it after a power cut
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/minbase"
    debootstrap --variant=minbase ${packages:+--include="$packages"} "$suite" "$root" "$mirror" \
        >"$root.log" 2>&1 || {
        tail -n 5 "$root.log"
        return 1
    }
    rm "$root.log"
    echo "$sources" >"$root/etc/apt/sources.list"
    apt-config dump | grep '^Acquire::.*::' >"$root/etc/apt/apt.conf.d/90machine" || true
    cp /etc/hosts "$root/etc/hosts"
}
