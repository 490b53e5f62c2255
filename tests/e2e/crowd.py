#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# Many viewers, and some that write otherwise than browsers do.  Prints what they got.
#
#   crowd.py PORT fill     connections, until one is refused; then probes and others
#   crowd.py PORT pieces   over TLS: a record a byte, a segment in all; 400 and 1,000
#                          requests in one write
#   crowd.py PORT body     a body of 3 MB, sent before the answer is read
import http.client
import socket
import ssl
import sys

port, what = int(sys.argv[1]), sys.argv[2]
TIMEOUT = 60


def head(path, fields=""):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode()


def dial():
    return socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)


def status(s):
    data = b""
    while b"\r\n\r\n" not in data:
        more = s.recv(4096)
        if not more:
            break
        data += more
    return data[9:12].decode() or "nothing"


def ask(path):
    with dial() as s:
        s.sendall(head(path))
        return status(s)


def fill():
    held = []
    while True:
        s = dial()
        s.sendall(head("/api/v1/status"))
        got = status(s)
        if got != "200":
            break
        held.append(s)
    s.close()
    print(f"{len(held)} viewers, then {got}")
    print("while it is full:", *(ask(path) for path in
                                 ("/healthz", "/readyz", "/metrics", "/", "/api/v1/jobs")))
    for s in held:
        s.sendall(head("/healthz"))
    print("those who are in:", *sorted({status(s) for s in held}))
    for s in held:
        s.close()


def pieces():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing)
    with dial() as s:
        def until(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    s.sendall(outgoing.read())
                    incoming.write(s.recv(65536))
        until(tls.do_handshake)
        for byte in head("/healthz", "A: " + 700 * "a" + "\r\nConnection: close\r\n"):
            tls.write(bytes([byte]))
        s.sendall(outgoing.read())
        print("a record a byte:", until(lambda: tls.read(4096))[9:12].decode())
    for n in 400, 1000:
        with dial() as s:
            s.sendall(n * head("/healthz"))
            s.shutdown(socket.SHUT_WR)
            data = b""
            while more := s.recv(65536):
                data += more
            print(f"{n} at once:", data.count(b"HTTP/1.1 200 OK"))


def body():
    for method in "POST", "PUT":
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        c.request(method, "/api/v1/jobs", body=3_000_000 * b"x")
        print(f"{method} of 3 MB:", c.getresponse().status)
        c.close()


{"fill": fill, "pieces": pieces, "body": body}[what]()
