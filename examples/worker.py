#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A worker for picoord in Python, written from docs/PROTOCOL.md: one thread, slow, and
right to the last hit.      PI_JOIN=pi1... examples/worker.py"""

import os
import signal
import sys
import time

from peer import Peer, Refused
from picoord_pb2 import ROLE_WORKER, Frame

MASK = 0xFFFFFFFF


def philox(counter, key):
    """Philox4x32-10."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK, (p0 >> 32) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return c0, c1, c2, c3


def is_hit(word, i, key):
    a, b = word & 0xFFFF, word >> 16
    a, b = a - (a >> 15 << 16), b - (b >> 15 << 16)  # signed
    near = a * a + b * b - (1 << 30)
    if near < -92690 or near > 92830:
        return near < 0
    f = philox((i & MASK, i >> 32, 0, 1), key)
    x, y = 2 * ((a << 32) + f[0]) + 1, 2 * ((b << 32) + f[1]) + 1
    return x * x + y * y < 1 << 96


def count_hits(seed, first, count):
    key, hits, i, end = (seed & MASK, seed >> 32), 0, first, first + count
    while i < end:
        block = i >> 2
        words = philox((block & MASK, block >> 32, 0, 0), key)
        for lane in range(i & 3, min(4, end - 4 * block)):
            hits += is_hit(words[lane], 4 * block + lane, key)
        i = 4 * block + 4
    return hits


def piece(count):
    """How long the sub-counts of a lease are."""
    size = 65536
    while count > 64 * size:
        size *= 2
    return size


class Lease:
    def __init__(self, grant, number, seed, first, count):
        self.grant, self.number, self.seed = grant, number, seed
        self.first, self.count = first, count
        self.pieces, self.begun = [], time.monotonic()

    def go_on(self):
        """Counts one piece; whether it was the last."""
        at = len(self.pieces) * piece(self.count)
        size = min(piece(self.count), self.count - at)
        self.pieces.append(count_hits(self.seed, self.first + at, size))
        return at + size == self.count


class Worker:
    def __init__(self, join):
        self.peer, self.queue, self.leaving, self.unanswered = Peer(join), [], False, 0
        welcome = self.peer.hello("worker.py", ROLE_WORKER, name="python", threads=1,
                                  kernel="python", secret=os.urandom(16), test_hits=51382)
        self.beat_s, self.beat = welcome.heartbeat_ms / 1000, time.monotonic()
        print(f"registered as {welcome.name}", file=sys.stderr)
        resume = Frame()
        resume.resume.last = True  # it holds nothing yet
        self.peer.send(resume)

    def take(self, grants):
        for n, grant in enumerate(grants.grant):
            first, count, log2 = grants.first[n], grants.count[n], grants.lease_log2[n]
            at, end, number = first, first + count, 0
            while at < end:
                to = min(end, ((at >> log2) + 1) << log2)
                self.queue.append(Lease(grant, number, grants.seed, at, to - at))
                at, number = to, number + 1

    def drop(self, cancel):
        gone = {(g, i) for g, mask in zip(cancel.grant, cancel.leases)
                for i in range(64) if mask >> i & 1}
        self.queue = [x for x in self.queue if (x.grant, x.number) not in gone]

    def deliver(self, lease):
        frame = Frame()
        frame.results.grant.append(lease.grant)
        frame.results.leases.append(1 << lease.number)
        seconds = max(time.monotonic() - lease.begun, 1e-6)
        frame.results.rate.append(int(lease.count / seconds))
        frame.results.hits.append(sum(lease.pieces))
        frame.results.pieces.extend(lease.pieces)
        frame.results.group_pieces.append(len(lease.pieces))
        self.unanswered += 1
        self.peer.send(frame)

    def heartbeat(self):
        if time.monotonic() - self.beat < self.beat_s:
            return
        self.beat, frame = time.monotonic(), Frame()
        if self.queue:
            frame.heartbeat.grant.append(self.queue[0].grant)
            frame.heartbeat.lease.append(self.queue[0].number)
        else:
            frame.heartbeat.SetInParent()
        self.peer.send(frame)

    def run(self):
        while not (self.leaving and not self.queue and not self.unanswered):
            frame = self.peer.next(0 if self.queue else self.beat_s / 2)
            if frame and frame.HasField("grants"):
                self.take(frame.grants)
            elif frame and frame.HasField("cancel"):
                self.drop(frame.cancel)
            elif frame and frame.HasField("answers"):
                masks = zip(*(getattr(frame.answers, x) for x in
                              ("counted", "covered", "dropped", "stale")))
                self.unanswered -= sum(bin(m).count("1") for row in masks for m in row)
            elif frame and (frame.HasField("drain") or frame.HasField("bye")):
                self.leaving = True
            elif not frame and self.queue and self.queue[0].go_on():
                self.deliver(self.queue.pop(0))
                if self.queue:
                    self.queue[0].begun = time.monotonic()
            self.heartbeat()
        bye = Frame()
        bye.bye.reason = "done"
        self.peer.send(bye)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    assert count_hits(1005022347966, 17179836413, 65539) == 51382, "it counts wrong"
    try:
        Worker(os.environ["PI_JOIN"]).run()
    except (Refused, ConnectionError) as why:
        sys.exit(f"worker.py: {why}")
