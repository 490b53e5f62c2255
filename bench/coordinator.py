# SPDX-License-Identifier: MIT
"""A picoord to measure: started, asked over HTTP, and looked at from outside."""

import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
import urllib.request


def all_descriptors():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Coordinator:
    """With a job that does not end.  `before` are words before its command line."""

    def __init__(self, programs, *options, before=()):
        self.folder = tempfile.mkdtemp()
        self.contact = os.path.join(self.folder, "contact")
        self.log = os.path.join(self.folder, "log")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [*before, f"{programs}/picoord", "--ephemeral", "--listen", "127.0.0.1:0",
                 "--trials", "4e18", "--contact-file", self.contact, *options], stderr=log)
        while not os.path.exists(self.contact):
            time.sleep(0.01)
        with open(self.contact) as file:
            where = json.load(file)
        self.host, self.port = where["addr"], int(where["port"])

    def counted(self):
        """Trials so far, and the coordinator's clock in seconds."""
        url = f"http://{self.host}:{self.port}/api/v1/status"
        with urllib.request.urlopen(url) as answer:
            status = json.load(answer)
        return int(status["job"]["done"]), int(status["uptime_ms"]) / 1000

    def next_count(self):
        """The same at the moment at which it has just grown: leases come in steps."""
        old, _ = self.counted()
        while True:
            new, at = self.counted()
            if new != old:
                return new, at
            time.sleep(0.005)

    def rate_while(self, work):
        """What work() returned, and the trials that were counted in a second of it."""
        before, begin = self.next_count()
        result = work()
        after, end = self.next_count()
        return result, (after - before) / (end - begin)

    def processor_s(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_kib(self, which="VmRSS"):
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(x.split()[1]) for x in file if x.startswith(f"{which}:"))

    def end(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)
