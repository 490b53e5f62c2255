# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# A Slurm of four nodes on this machine, without systemd.  It is to run in network, mount
# and process namespaces of its own (cluster_inside), so that it clashes with nothing and
# ends with them.  Comes after fleet_begin of deploy/programs.sh, whose folder it uses.
#
#   . tests/deploy/slurm/cluster.sh
#   cluster_possible COMMAND...   whether this machine can, and has these; if not: skipped
#   cluster_inside COMMAND...     runs it in such namespaces
#   cluster_up                    nodes n1 to n4, of two processors each, are idle
#   node_dies NODE                slurmd and all that it runs there are killed
#   node_back NODE
#   cluster_idle                  whether all nodes are, and no job is left
#
# Slurm sets the address of each node, so all of them may have this one host's.

CLUSTER_ADDRESS=10.99.0.1

cluster_possible() {
    local why
    [[ $(id -u) == 0 ]] || {
        skip 'Slurm: a cluster in namespaces needs root'
        return 1
    }
    has Slurm slurmctld slurmd sbatch munged unshare ip setpriv "$@" || return 1
    why=$(unshare --net --uts --mount --pid --fork --mount-proc \
        ip link add name v0 type veth peer name v1 2>&1) || {
        skip "Slurm: ${why%%$'\n'*}"
        return 1
    }
}

cluster_inside() {
    unshare --net --uts --mount --pid --fork --kill-child --mount-proc "$@"
}

cluster_up() {
    local at=$FLEET/slurm node
    export SLURM_CONF=$at/slurm.conf
    mkdir -p "$at"/{state,log,run,munge}
    echo head >/proc/sys/kernel/hostname
    cluster_network
    cluster_munge "$at"
    cluster_configuration "$at" >"$SLURM_CONF"
    # Not used, but this version asks for it.
    printf 'CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n' >"$at/cgroup.conf"
    slurmctld -i -L "$at/log/slurmctld.log"
    for node in n1 n2 n3 n4; do
        node_back $node
    done
    wait_until 30 cluster_idle
}

# With nothing but loopback the resolver finds no address at all (AI_ADDRCONFIG).
cluster_network() {
    printf '%s\n' '127.0.0.1 localhost' "$CLUSTER_ADDRESS head" >"$FLEET/slurm/hosts"
    mount --bind "$FLEET/slurm/hosts" /etc/hosts
    ip link set lo up
    ip link add name v0 type veth peer name v1
    ip address add $CLUSTER_ADDRESS/24 dev v0
    ip link set v0 up
    ip link set v1 up
}

# Its user must reach its files, and nobody else may write on the way there.
cluster_munge() { # folder
    chmod 711 "$FLEET"
    (umask 077 && head -c 1024 /dev/urandom >"$1/munge/key")
    chown munge: "$1/munge" "$1/munge/key"
    chmod 755 "$1" "$1/munge"
    setpriv --reuid munge --regid munge --clear-groups munged --force --num-threads 2 \
        --key-file="$1/munge/key" --socket="$1/munge/socket" --pid-file="$1/munge/pid" \
        --log-file="$1/munge/log" --seed-file="$1/munge/seed"
}

cluster_configuration() { # folder
    cat <<END
ClusterName=test
SlurmctldHost=head($CLUSTER_ADDRESS)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$1/munge/socket
CredType=cred/munge
StateSaveLocation=$1/state
SlurmdSpoolDir=$1/spool-%n
SlurmctldPidFile=$1/run/slurmctld.pid
SlurmdPidFile=$1/run/slurmd-%n.pid
SlurmdLogFile=$1/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0,sched_min_interval=10000
ReturnToService=2
SlurmdTimeout=120
MessageTimeout=60
NodeName=n[1-4] NodeHostname=head NodeAddr=$CLUSTER_ADDRESS Port=[17001-17004] CPUs=2 State=UNKNOWN
PartitionName=all Nodes=n[1-4] Default=YES MaxTime=1:00:00 State=UP
END
}

node_back() { slurmd -N "$1"; }

# slurmd, what it runs, and slurmstepd, which is the parent of that.
node_dies() {
    local pid parents=()
    mapfile -t pids < <(grep -lszxF "SLURMD_NODENAME=$1" /proc/[0-9]*/environ | cut -d / -f 3)
    for pid in "${pids[@]}"; do
        parents+=("$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status")")
    done
    mapfile -t parents < <(printf '%s\n' "${parents[@]}" | grep -vx 1 | sort -u)
    kill -s KILL "$(<"$FLEET/slurm/run/slurmd-$1.pid")" "${parents[@]}" "${pids[@]}" 2>/dev/null || true
}

cluster_idle() {
    [[ -z $(squeue -h) && $(sinfo -h -N -o %T | sort | uniq -c | xargs) == '4 idle' ]]
}
