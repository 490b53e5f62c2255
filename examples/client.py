#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Submits a job to picoord and follows it to its end, written from docs/PROTOCOL.md.
    PI_JOIN=pi1... examples/client.py TRIALS [SEED]       the operator's join string
Prints the hits, then pi with its 95 % interval."""

import os
import sys

from peer import Peer, Refused
from picoord_pb2 import ROLE_OPERATOR, Frame


def reply(peer, number):
    while True:
        frame = peer.next(30)
        if frame is None:
            sys.exit("client.py: no answer within 30 s")
        if not frame.HasField("reply") or frame.reply.id != number:
            continue
        if frame.reply.HasField("error"):
            sys.exit(f"client.py: {frame.reply.error.message}")
        return frame.reply


def submit(peer, trials, seed):
    frame = Frame()
    frame.request.id = 1
    frame.request.submit.request = os.urandom(16)  # a repeat would be the same job
    frame.request.submit.trials = trials
    if seed is not None:
        frame.request.submit.seed_given, frame.request.submit.seed = True, seed
    peer.send(frame)
    return reply(peer, 1).job


def watch(peer, job):
    frame = Frame()
    frame.request.id = 2
    frame.request.watch.job, frame.request.watch.interval_ms = job, 1000
    peer.send(frame)
    while True:
        shown = reply(peer, 2)
        print(f"{job} {shown.job.state} {shown.job.done} of {shown.job.trials} "
              f"{shown.job.reason}", file=sys.stderr)
        if shown.last:
            return shown.job


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    peer = Peer(os.environ["PI_JOIN"])
    peer.hello("client.py", ROLE_OPERATOR)
    job = submit(peer, int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else None)
    job = watch(peer, job.id)
    print(job.hits)
    print(f"{job.pi:.9f} [{job.ci_low:.9f}, {job.ci_high:.9f}]")
    sys.exit(0 if job.state == "done" else 1)


if __name__ == "__main__":
    try:
        main()
    except (Refused, ConnectionError) as why:
        sys.exit(f"client.py: {why}")
