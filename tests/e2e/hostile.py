#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Peers that mean no good, for so many seconds: hostile.py CONTACT SECONDS KIND...

    slowloris   2,000 connections that send the first byte of a TLS record and wait;
                those that are closed come again
    idle        2,000 connections that finish the TLS handshake and say nothing
    flood       a welcome worker that sends heartbeats as fast as it can
    deaf        a welcome worker that asks for much and reads nothing
    bomb        welcome workers that send 64 KiB made to grow in decoding

Each begins once the one before is in full swing, or after 5 s.  Prints what each has
done."""
import base64
import json
import os
import select
import socket
import ssl
import sys
import threading
import time

N, CROWDS = 2000, 4  # connections, and the threads that they are divided among
sums, lock, in_full_swing = {}, threading.Lock(), {}


def done(kind, **counts):
    with lock:
        for name, n in counts.items():
            sums.setdefault(kind, {}).setdefault(name, 0)
            sums[kind][name] += n


def address(contact):
    return contact["addr"], int(contact["port"])


def framed(body):
    return len(body).to_bytes(4, "big") + body


def field(number, value):
    if isinstance(value, int):
        return bytes([number << 3, value])
    return bytes([number << 3 | 2, len(value)]) + value


def tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # it attacks; it need not know whom
    return context


def welcome(contact):
    token = contact["join"].rsplit(".", 1)[1].upper()
    token = base64.b32decode(token + "=" * (-len(token) % 8))
    hello = b"".join([field(1, 1), field(2, 1), field(3, b"hostile"), field(4, b"1"),
                      field(5, 1), field(6, token), field(7, b"hostile"),
                      field(8, os.urandom(16)), field(9, 1), field(10, b"none")])
    s = tls().wrap_socket(socket.create_connection(address(contact), 5))
    s.sendall(framed(field(1, hello)))
    s.recv(4096)
    s.sendall(framed(bytes([10 << 3 | 2, 2, 10 << 3, 1])))  # Resume: nothing, last
    return s


def crowd(contact, end, kind, shake):
    """N connections at a time; a thread's share of them."""
    context, poll, peers, most, made = tls(), select.epoll(), {}, 0, 0
    while time.monotonic() < end:
        for fd, _ in poll.poll(0.01 if len(peers) >= N // CROWDS else 0):
            try:
                if peers[fd].recv(4096):
                    continue
            except (OSError, ssl.SSLError):
                pass
            peers.pop(fd).close()
        if len(peers) >= N // CROWDS:
            in_full_swing[kind].set()
            continue
        try:
            s = socket.create_connection(address(contact), 5)
            if shake:
                s = context.wrap_socket(s)
            else:
                s.sendall(b"\x16")
        except OSError:
            continue
        poll.register(s, select.EPOLLIN)
        peers[s.fileno()] = s
        most, made = max(most, len(peers)), made + 1
    done(kind, held=most, made=made)


def again_and_again(contact, end, kind, act):
    came = acts = 0
    while time.monotonic() < end:
        try:
            s = welcome(contact)
            came += 1
            in_full_swing[kind].set()
            while time.monotonic() < end:
                act(s)
                acts += 1
        except OSError:
            time.sleep(0.05)
    done(kind, came=came, acts=acts)


def deaf(s):
    s.settimeout(1)
    s.sendall(framed(bytes([5 << 3 | 2, 0])) * 1000)  # each is answered


def flood(s):
    s.sendall(framed(bytes([5 << 3 | 2, 0])) * 2000)
    s.recv(65536)


def bomb(s):
    s.sendall(framed(bytes([1 << 3 | 2, 0]) * 32767))


def threads(kind, contact, end):
    if kind in ("slowloris", "idle"):
        how, n = (crowd, kind == "idle"), CROWDS
    else:
        how, n = (again_and_again, {"flood": flood, "deaf": deaf, "bomb": bomb}[kind]), 1
    return [threading.Thread(target=how[0], args=(contact, end, kind, how[1]), daemon=True)
            for _ in range(n)]


def main():
    with open(sys.argv[1]) as f:
        contact = json.load(f)
    end = time.monotonic() + float(sys.argv[2])
    begun = []
    for kind in sys.argv[3:]:
        in_full_swing[kind] = threading.Event()
        begun.extend(threads(kind, contact, end))
        for t in begun:
            if not t.ident:
                t.start()
        in_full_swing[kind].wait(5)
    for t in begun:
        t.join(max(0, end + 6 - time.monotonic()))
    for kind, counts in sums.items():
        print(kind, " ".join(f"{name}={n}" for name, n in counts.items()), flush=True)


main()
