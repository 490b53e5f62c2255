# SPDX-License-Identifier: MIT
"""A connection to picoord, from docs/PROTOCOL.md: join strings, TLS with a pinned key,
frames.  Needs Python's own ssl and the protobuf package, and picoord_pb2, made by
    protoc --proto_path=proto --python_out=. picoord.proto"""

import base64
import hashlib
import select
import socket
import ssl
import struct
import sys

from picoord_pb2 import Frame


class Refused(Exception):
    pass


def base32(text):
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))


def der(data, at):
    """The element there: where its content begins, and where it ends."""
    size, at = data[at + 1], at + 2
    if size >= 128:
        n = size - 128
        size, at = int.from_bytes(data[at : at + n], "big"), at + n
    return at, at + size


def pin(certificate):
    """SHA-256 of the SubjectPublicKeyInfo of a certificate in DER."""
    at, _ = der(certificate, 0)  # Certificate
    at, _ = der(certificate, at)  # TBSCertificate: skip version, serial, algorithm,
    for _ in range(6):  # issuer, validity, subject
        _, at = der(certificate, at)
    _, end = der(certificate, at)
    return hashlib.sha256(certificate[at:end]).digest()


class Peer:
    """Frames to and from a coordinator."""

    def __init__(self, join):
        if not join.startswith("pi1."):
            sys.exit("a join string begins with pi1.")
        address, key, token = join[4:].rsplit(".", 2)
        host, port = address.rsplit(":", 1)
        self.token = base32(token)
        shared = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        shared.minimum_version = ssl.TLSVersion.TLSv1_3
        shared.check_hostname = False
        shared.verify_mode = ssl.CERT_NONE  # the pin below says more than any name
        shared.set_alpn_protocols(["pi/1"])
        plain = socket.create_connection((host.strip("[]"), int(port)), timeout=10)
        self.socket = shared.wrap_socket(plain)
        if pin(self.socket.getpeercert(True)) != base32(key):
            sys.exit("that is another coordinator than the join string names")
        self.bytes = b""

    def send(self, frame):
        body = frame.SerializeToString()
        self.socket.sendall(struct.pack(">I", len(body)) + body)

    def next(self, seconds):
        """The next frame, or None if none comes within so many seconds."""
        while True:
            if len(self.bytes) >= 4:
                (size,) = struct.unpack(">I", self.bytes[:4])
                if len(self.bytes) >= 4 + size:
                    frame = Frame.FromString(self.bytes[4 : 4 + size])
                    self.bytes = self.bytes[4 + size :]
                    if frame.HasField("refusal"):
                        raise Refused(f"{frame.refusal.sentence}\n{frame.refusal.hint}")
                    return frame
            if not self.socket.pending():
                if not select.select([self.socket], [], [], seconds)[0]:
                    return None
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the coordinator has closed")
            self.bytes += more

    def hello(self, program, role, **fields):
        frame = Frame()
        frame.hello.protocol_min = frame.hello.protocol_max = 1
        frame.hello.program, frame.hello.version = program, "1"
        frame.hello.role, frame.hello.proof = role, self.token
        for name, value in fields.items():
            setattr(frame.hello, name, value)
        self.send(frame)
        return self.next(10).welcome
