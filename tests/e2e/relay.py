#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
What lies between two programs, or in the place of one: a network that is slow, breaks
and lies.  Prints the port on which it listens, which the system picks.

    relay.py to HOST:PORT [OPTION]...   passes on, both ways, what comes
        --delay MS                      each way
        --split N                       in pieces of at most N bytes
        --cut N                         ends the connection after N bytes to HOST
        --corrupt N                     flips a bit of byte N (from 0) to HOST
        --record FILE                   keeps what goes to HOST
        --certificate PEM               a man in the middle: TLS to both sides, with this
                                        certificate and key (`openssl req` makes them)
    relay.py say TEXT                   a server that says that, with \\r\\n and \\x16
                                        understood, and listens; '' is a silent one
    relay.py tls12 PEM                  a server of TLS 1.2 and nothing later
    relay.py replay FILE HOST:PORT      sends what was recorded; prints what is answered,
                                        unprintable bytes as dots, once HOST closes

    --listen ADDRESS                    instead of 127.0.0.1
"""
import argparse
import asyncio
import contextlib
import socket
import ssl
import sys


class End(Exception):
    """Of a connection, by our own will."""


class Way:
    """What is done to the bytes of one direction."""

    def __init__(self, options, to_host):
        self.split = options.split
        self.delay = options.delay / 1000
        self.cut = options.cut if to_host else None
        self.corrupt = options.corrupt if to_host else None
        self.record = open(options.record, "ab") if to_host and options.record else None
        self.passed = 0

    def change(self, data):
        """The bytes as they are to arrive."""
        if self.record:
            self.record.write(data)
            self.record.flush()
        if self.corrupt is not None and 0 <= self.corrupt - self.passed < len(data):
            data = bytearray(data)
            data[self.corrupt - self.passed] ^= 0x10
        if self.cut is not None:
            data = data[: self.cut - self.passed]
        self.passed += len(data)
        return bytes(data)

    async def carry(self, reader, writer):
        """Until the end of the one, which becomes the end of the other."""
        under_way = asyncio.Queue(1024)  # (when it arrives, bytes)
        arrival = asyncio.create_task(self.deliver(under_way, writer))
        clock = asyncio.get_running_loop().time
        try:
            while data := await reader.read(65536):
                await under_way.put((clock() + self.delay, self.change(data)))
                if self.cut is not None and self.passed >= self.cut:
                    break
            await under_way.put((clock() + self.delay, None))
            await arrival
        finally:
            arrival.cancel()
        raise End

    async def deliver(self, under_way, writer):
        clock = asyncio.get_running_loop().time
        while True:
            when, data = await under_way.get()
            await asyncio.sleep(max(0, when - clock()))
            if data is None:
                return
            step = self.split or len(data) or 1
            for i in range(0, len(data), step):
                writer.write(data[i : i + step])
                await writer.drain()
                if self.split:
                    await asyncio.sleep(0)  # a write of its own


def host_port(text):
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def server_tls(pem):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.set_alpn_protocols(["pi/1"])
    return context


def client_tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["pi/1"])
    return context


async def relay(options, reader, writer):
    tls = client_tls() if options.certificate else None
    there = await asyncio.open_connection(*host_port(options.where), ssl=tls)
    try:
        await asyncio.gather(
            Way(options, True).carry(reader, there[1]),
            Way(options, False).carry(there[0], writer),
        )
    finally:
        there[1].close()


async def say(options, reader, writer):
    text = options.text.encode().decode("unicode_escape").encode("latin1")
    writer.write(text)
    while await reader.read(65536):
        pass


async def serve(options):
    tls = server_tls(options.certificate) if options.certificate else None

    async def one(reader, writer):
        # The end of a connection, by whichever side, is what this program is for.
        with contextlib.suppress(End, OSError, asyncio.IncompleteReadError):
            await options.act(options, reader, writer)
        writer.close()

    server = await asyncio.start_server(one, options.listen, 0, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def tls12(options):
    """Blocks: asyncio would close before the alert has left that ends the handshake."""
    context = server_tls(options.pem)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_server((options.listen, 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            peer, _ = listener.accept()
            with peer, contextlib.suppress(OSError):
                context.wrap_socket(peer, server_side=True).recv(1)


async def replay(options):
    reader, writer = await asyncio.open_connection(*host_port(options.where))
    with open(options.file, "rb") as recorded:
        writer.write(recorded.read())
    with contextlib.suppress(OSError):
        await writer.drain()
        while data := await reader.read(65536):
            print("".join(chr(c) if 32 <= c < 127 else "." for c in data))


def parse():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.set_defaults(certificate=None, run=serve)
    parser.add_argument("--listen", default="127.0.0.1")
    what = parser.add_subparsers(required=True)

    to = what.add_parser("to")
    to.set_defaults(act=relay)
    to.add_argument("where")
    to.add_argument("--delay", type=float, default=0)
    to.add_argument("--split", type=int)
    to.add_argument("--cut", type=int)
    to.add_argument("--corrupt", type=int)
    to.add_argument("--record")
    to.add_argument("--certificate", default=None)

    stranger = what.add_parser("say")
    stranger.set_defaults(act=say)
    stranger.add_argument("text")

    old = what.add_parser("tls12")
    old.set_defaults(run=tls12)
    old.add_argument("pem")

    again = what.add_parser("replay")
    again.set_defaults(run=replay)
    again.add_argument("file")
    again.add_argument("where")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        chosen = parse()
        asyncio.run(chosen.run(chosen))
    except KeyboardInterrupt:
        sys.exit(130)
