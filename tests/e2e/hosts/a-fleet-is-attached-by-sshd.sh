#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# deploy/fleet with the real ssh and sshd, on other hosts: attached, ended with Ctrl-C, and
# by its death.
. "$(dirname "$0")/../checks.sh"
# shellcheck source=deploy/hosts.sh
. "$HERE/../../deploy/hosts.sh"
hosts_begin || exit 0
needs ssh ssh-keygen sshd

# Keys, a configuration for sshd, and one that ssh is made to use.
mkdir -p /run/sshd "$FLEET/bin"
for key in host user; do
    ssh-keygen -q -t ed25519 -N '' -f "$FLEET/$key-key"
done
cat >"$FLEET/sshd_config" <<END
HostKey $FLEET/host-key
AuthorizedKeysFile $FLEET/user-key.pub
PidFile none
StrictModes no
PermitRootLogin prohibit-password
UsePAM no
END
cat >"$FLEET/ssh_config" <<END
IdentityFile $FLEET/user-key
IdentitiesOnly yes
StrictHostKeyChecking no
UserKnownHostsFile $FLEET/known-hosts
LogLevel ERROR
END
printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v ssh)" "$FLEET/ssh_config" >"$FLEET/bin/ssh"
chmod +x "$FLEET/bin/ssh"

host lab
host ada
host bob
for name in ada bob; do
    on $name start sshd-$name "$(command -v sshd)" -D -e -f "$FLEET/sshd_config" -o "SetEnv=PATH=$BIN:/usr/bin:/bin"
done
on lab coordinator --lan
attach() { # name of the fleet; a background process of a script does not hear Ctrl-C
    on lab start "$1" env --default-signal=INT PATH="$FLEET/bin:$PATH" \
        "$HERE/../../deploy/fleet" "$(address ada)" "$(address bob)" -- --threads 1
    wait_until 60 on lab attached 2
}

attach first
both() { said first "$(address ada): attached" && said first "$(address bob): attached"; }
wait_until 60 both
! grep -lzF "pi1." /proc/[0-9]*/cmdline 2>/dev/null || fleet_fail 'the join string is in an argument'
signal INT first
ended first 60
same 'exit status' 0 "$STATUS"
wait_until 60 on lab attached 0
same 'workers that were lost' 0 "$(grep -c 'worker lost' "$FLEET/picoord.log" || true)"

# Its death is the end of them, too.
attach second
destroy second
wait_until 60 on lab attached 0
