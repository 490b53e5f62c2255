# SPDX-License-Identifier: MIT
"""A Python function that counts hits, on all processors of this machine or on a fleet.

    import picoord

    @picoord.trial
    def in_circle(rng):
        return rng.random() ** 2 + rng.random() ** 2 < 1

    if __name__ == "__main__":
        print(picoord.run(in_circle, trials=1e6, scale=4))

`python3 FILE.py` starts a coordinator and a worker a processor, and prints the estimate.
`piworker --offer in_circle='python3 FILE.py'` lets a worker anywhere compute the same:
where standard input is a pipe, run() answers a worker's requests instead (docs/PROGRAMS.md).

The count of a range of trials depends on the seed and on nothing else, since a function
draws all its chance from the generator that it is given:

    f(rng)      one trial: True or False.  rng is random.Random("SEED TRIAL").
    f(rng, n)   how many of n trials hit.  rng is random.Random("SEED BLOCK"), and the
                trials are cut into blocks of n.  A range that touches a part of a block
                gets that part of its hits: of h hits the first j trials have j * h // n.

With numpy=True rng is numpy.random.Generator(Philox(key=SEED, counter=[0, 0, BLOCK, 0])).
A function that has one more parameter, `arg`, is given the job's text there.  Needs
nothing but Python 3.7; this file may be copied beside yours.
"""

import collections
import ctypes
import inspect
import json
import operator
import os
import random
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import traceback

__all__ = ["trial", "run", "Trial", "Result", "Failed"]

ONE = 65536  # what a score of 1 counts
SLOW_BLOCK_S = 1


class Failed(Exception):
    """Why run() has no result, in a sentence."""


class Result(collections.namedtuple("Result", "hits trials p low high estimate stderr seed")):
    """low and high are the ends of the 95 % interval of the estimate, which is scale * p."""

    def __str__(self):
        return "%.9g (95 %%: %.9g to %.9g), %d trials, %d hits, seed %d" % (
            self.estimate, self.low, self.high, self.trials, self.hits, self.seed)


trials_here = {}  # by name: all of this file


def trial(function=None, *, block=None, numpy=False, score=False):
    """Makes a function a trial.

    block   of f(rng, n): n, a power of two; 1,024, or with numpy 65,536.  A part of a block
            costs as much as all of it, so it should take some milliseconds at most.
    score   the function returns no truth but a number in [0, 1], or the sum of n of them;
            what is counted is its 65,536th parts, rounded.
    """
    if function is None:
        return lambda f: Trial(f, block, numpy, score)
    return Trial(function, block, numpy, score)


class Trial:
    def __init__(self, function, block=None, numpy=False, score=False):
        parameters = list(inspect.signature(function).parameters)
        self.function, self.name, self.score = function, function.__name__, score
        self.takes_arg = "arg" in parameters
        n_given = len(parameters) - self.takes_arg
        if n_given not in (1, 2):
            raise TypeError("%s has to take (rng) or (rng, n), and may take arg" % self.name)
        self.by_blocks = n_given == 2
        if block is not None and not self.by_blocks:
            raise TypeError("%s takes no n, so it has no block" % self.name)
        self.block = (block or (65536 if numpy else 1024)) if self.by_blocks else 1
        if self.block < 1 or self.block & (self.block - 1):
            raise ValueError("a block of %s is not a power of two" % block)
        self.generator = _philox if numpy else _mersenne
        self.known, self.hits_known = None, 0
        self.is_checked = not self.by_blocks  # one trial twice is what a worker tests itself
        trials_here[self.name] = self

    def __call__(self, *args, **kwargs):
        return self.function(*args, **kwargs)

    def count(self, seed, first, count, arg=""):
        """The hits of trials [first, first + count)."""
        hits, end = 0, first + count
        while first < end:
            number, begin = divmod(first, self.block)
            stop = min(self.block, begin + end - first)
            whole = self._hits(seed, number, arg)
            hits += stop * whole // self.block - begin * whole // self.block
            first += stop - begin
        return hits

    def _hits(self, seed, number, arg):
        """The hits of a block.  Ranges come in order, so the last one is often asked again."""
        wanted = (seed, number, arg)
        if self.known != wanted:
            hits = self._call(seed, number, arg)
            if not self.is_checked and hits != self._call(seed, number, arg):
                raise ValueError("%s: the same block has other hits the second time: all chance "
                                 "has to come from its generator" % self.name)
            self.is_checked = True
            self.known, self.hits_known = wanted, hits
        return self.hits_known

    def _call(self, seed, number, arg):
        given = [self.generator(seed, number)] + [self.block] * self.by_blocks
        begin = time.monotonic()
        value = self.function(*given, arg=arg) if self.takes_arg else self.function(*given)
        if self.by_blocks and time.monotonic() - begin > SLOW_BLOCK_S:
            self._tell_slow(time.monotonic() - begin)
        return self._checked(value)

    def _checked(self, value):
        try:
            hits = int(value * ONE + 0.5) if self.score else operator.index(value)
        except (TypeError, ValueError):
            hits = int(value) if type(value).__name__ in ("bool_", "bool") else -1  # numpy's
        if 0 <= hits <= self.block * (ONE if self.score else 1):
            return hits
        if self.by_blocks:
            wanted = "%s, from 0 to %d" % ("their sum" if self.score else "their hits", self.block)
        else:
            wanted = "a number from 0 to 1" if self.score else "True or False"
        raise ValueError("%s returned %r, not %s" % (self.name, value, wanted))

    def _tell_slow(self, seconds):
        print("%s: a block of %d trials took %.1f s, and so does each part of one: "
              "@trial(block=...) makes it smaller" % (self.name, self.block, seconds),
              file=sys.stderr)
        self._tell_slow = lambda seconds: None

    def serve(self):
        """Answers a worker's requests until there are no more."""
        answers = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)  # what a function prints is no answer
        for line in iter(sys.stdin.readline, ""):
            words = line.rstrip("\r\n").split(" ", 4)
            if len(words) < 4 or words[0] != "count":
                raise ValueError("%r is no request: count SEED FIRST COUNT [TEXT]" % line)
            seed, first, count = map(int, words[1:4])
            try:
                hits = self.count(seed, first, count, words[4] if len(words) == 5 else "")
            except Exception as error:
                _tell_where(error, line)
                sys.exit(1)
            try:
                print(first, hits, file=answers, flush=True)
            except BrokenPipeError:
                os._exit(0)  # nobody listens any more, nor to what would be flushed at the end


def _tell_where(error, line):
    """The author's part of the stack; the last line is what a worker quotes."""
    at = error.__traceback__
    while at and at.tb_frame.f_code.co_filename == _tell_where.__code__.co_filename:
        at = at.tb_next
    print("at the request %s" % line, end="", file=sys.stderr)
    traceback.print_exception(type(error), error, at)


def _mersenne(seed, number):
    return random.Random("%d %d" % (seed, number))


def _philox(seed, number):
    from numpy.random import Generator, Philox
    return Generator(Philox(key=seed, counter=[0, 0, number, 0]))


# ---- a coordinator and its workers ----

def run(trial, trials=1e6, seed=None, scale=1, arg="", workers=None):
    """Counts on this machine, by as many workers as it has processors, and shows how it
    goes.  Returns a Result; its estimate is scale * p.  Without a seed one is drawn.

    Where standard input is a pipe, it answers the requests that come there and never
    returns: for the trial that is called as the worker's offer, else for this one."""
    if not isinstance(trial, Trial):
        raise TypeError("run() takes a function that has @trial")
    if _is_pipe(0):
        if "PROGRAM_NAME" not in os.environ:
            print("standard input is a pipe: waiting for 'count SEED FIRST COUNT' (</dev/null "
                  "makes this a run)", file=sys.stderr)
        trials_here.get(os.environ.get("PROGRAM_NAME"), trial).serve()
        sys.exit(0)
    if trials != int(trials) or trials < 1:
        raise ValueError("%r is no number of trials" % trials)
    trial.count(seed or 0, 0, 1, arg)  # what is wrong with it is told here, not on a worker
    with tempfile.TemporaryDirectory(prefix="picoord-") as folder:
        contact = os.path.join(folder, "contact")
        with _start(trial, contact, workers or len(os.sched_getaffinity(0))) as coordinator:
            try:
                return _submit(trial, contact, int(trials), seed, scale, arg)
            finally:
                coordinator.terminate()


def _is_pipe(descriptor):
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:  # it is closed
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _program(name):
    """Where it is: $PICOORD_BIN, the path, beside this file, as built, as installed."""
    here = os.path.dirname(os.path.realpath(__file__))
    for path in (os.environ.get("PICOORD_BIN"), None, here, here + "/../build/bin",
                 here + "/../../../bin"):
        found = path != "" and shutil.which(name, path=path)
        if found:
            return os.path.abspath(found)
    raise Failed("there is no %s: add its folder to PATH, or name it in PICOORD_BIN" % name)


def _environment():
    """Ours is no other fleet's, and its workers find this module."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("PI_")}
    here = os.path.dirname(os.path.abspath(__file__))
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [here, env.get("PYTHONPATH")]))
    return env


def _start(trial, contact, workers):
    file = getattr(sys.modules["__main__"], "__file__", None)
    if not file or inspect.getmodule(trial.function) is not sys.modules["__main__"]:
        raise Failed("run() has to be called by the file that has the trial: workers start it too")
    command = " ".join(map(shlex.quote, [sys.executable, os.path.abspath(file)]))
    coordinator = _popen("picoord", "--ephemeral", "--listen", "127.0.0.1:0", "--contact-file",
                         contact, "--spawn", str(workers), "--offer", trial.name + "=" + command,
                         "--log-level", "error")
    while not os.path.exists(contact) or not _workers(contact):
        if coordinator.poll() is not None:
            raise Failed("picoord has ended with %d" % coordinator.returncode)
        time.sleep(0.02)
    if sys.stderr.isatty():
        with open(contact) as file:
            port = json.load(file)["port"]
        print("http://localhost:%s/ shows how it goes" % port, file=sys.stderr)
    return coordinator


def _popen(name, *options):
    libc = ctypes.CDLL(None)
    return subprocess.Popen(
        [_program(name)] + list(options), env=_environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, universal_newlines=True,
        preexec_fn=lambda: libc.prctl(1, signal.SIGTERM))  # PR_SET_PDEATHSIG: it ends with us


def _workers(contact):
    with _popen("pictl", "--contact-file", contact, "--json", "workers") as asked:
        said = asked.stdout.read()
    return json.loads(said)["workers"] if asked.returncode == 0 else []


def _submit(trial, contact, trials, seed, scale, arg):
    options = ["--trials", str(trials), "--program", trial.name, "--scale", repr(scale)]
    options += ["--score"] * trial.score + (["--arg", arg] if arg else [])
    options += [] if seed is None else ["--seed", str(seed)]
    with _popen("pictl", "--contact-file", contact, "--json", "submit", "--wait", *options) as job:
        try:
            while not _ended(job):
                failed = [p for w in _workers(contact) for p in w["programs"] if p["reason"]]
                if failed:
                    raise Failed("%(name)s %(reason)s\n%(stderr)s" % failed[0])
            said = job.stdout.read()
        finally:
            job.terminate()
    if job.returncode != 0:
        raise Failed("pictl submit has ended with %d" % job.returncode)
    return _result(trial, json.loads(said))


def _ended(process):
    try:
        return process.wait(timeout=1) is not None
    except subprocess.TimeoutExpired:
        return False


def _result(trial, job):
    hits, n = int(job["hits"]), int(job["done"])
    return Result(hits, n, hits / (n * ONE if trial.score else n), job["ci_low"], job["ci_high"],
                  job["pi"], job["stderr"], int(job["seed"]))
