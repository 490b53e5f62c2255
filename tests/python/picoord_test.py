#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""python/picoord.py without a fleet: what a range counts, and how requests are answered."""

import os
import random
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = os.path.join(HERE, "..", "..", "python")
sys.path.insert(0, PYTHON)
import picoord  # noqa: E402
import trials  # noqa: E402

try:
    import numpy
except ImportError:
    numpy = None

TRIALS = [sys.executable, os.path.join(HERE, "trials.py")]
PIPES = {"stdout": subprocess.PIPE, "universal_newlines": True}
HIGH = (1 << 46) - 1000

# The same with every Python, on every machine.
ONE_KNOWN, BLOCK_KNOWN, SHARE_KNOWN, NUMPY_KNOWN, TRUTH_KNOWN = 240, 254, 33788795, 261963, 244


@picoord.trial(block=16)
def of_arg(rng, n, arg):
    return sum(rng.random() < float(arg) for _ in range(n))


@picoord.trial(score=True)
def share(rng):
    return rng.random()


@picoord.trial(score=True, block=32)
def shares(rng, n):
    return sum(rng.random() for _ in range(n))


def constant(value, score):
    def f(rng):
        return value
    return picoord.Trial(f, score=score)


def serve(requests, name=None):
    env = dict(os.environ, PYTHONPATH=PYTHON, PYTHONDONTWRITEBYTECODE="1")
    env.pop("PROGRAM_NAME", None)
    if name:
        env["PROGRAM_NAME"] = name
    return subprocess.run(TRIALS, input=requests, env=env, stderr=subprocess.PIPE, **PIPES)


class Ranges(unittest.TestCase):
    def test_known(self):
        self.assertEqual(trials.one.count(42, 0, 1000), ONE_KNOWN)
        self.assertEqual(trials.block.count(42, 0, 1000), BLOCK_KNOWN)
        self.assertEqual(share.count(42, 0, 1000), SHARE_KNOWN)

    def test_wherever_it_is_cut(self):
        for t, arg in ((trials.one, ""), (trials.block, ""), (of_arg, "0.3"), (share, ""),
                       (shares, "")):
            for first in (0, 5, HIGH):
                whole = t.count(7, first, 300, arg)
                for at in (1, 7, 64, 100, 299):
                    parts = t.count(7, first, at, arg) + t.count(7, first + at, 300 - at, arg)
                    self.assertEqual(parts, whole, (t.name, first, at))
                self.assertEqual(sum(t.count(7, first + i, 1, arg) for i in range(300)), whole)
                self.assertEqual(t.count(7, first, 0, arg), 0)

    def test_a_trial_alone_is_as_it_says(self):
        self.assertEqual([trials.one.count(9, i, 1) for i in range(100)],
                         [random.Random("9 %d" % i).random() < 0.25 for i in range(100)])
        whole = trials.block.function(random.Random("9 3"), 64)
        self.assertEqual([trials.block.count(9, 192, j) for j in range(65)],
                         [j * whole // 64 for j in range(65)])

    def test_seed_and_arg_matter(self):
        counts = {of_arg.count(seed, 0, 1600, arg) for seed in (1, 2) for arg in ("0.2", "0.7")}
        self.assertEqual(len(counts), 4)
        self.assertEqual(of_arg.count(1, 0, 1600, "1"), 1600)

    def test_still_a_function(self):
        self.assertIn(trials.one(random.Random(1)), (True, False))

    def test_scores_are_parts_of_65536(self):
        self.assertEqual(picoord.Trial(lambda rng: 1.0, score=True).count(1, 0, 3), 3 * 65536)
        self.assertEqual(picoord.Trial(lambda rng: 0.5, score=True).count(1, 0, 3), 3 * 32768)
        self.assertAlmostEqual(shares.count(1, 0, 32000) / 65536 / 32000, 0.5, delta=0.01)

    def test_what_it_may_not_return(self):
        for value, score in ((None, False), (2, False), (-1, False), (0.5, False), ("1", False),
                             (1.1, True), (-0.1, True), (float("nan"), True), (None, True)):
            wanted = "returned .*, not (True or False|a number from 0 to 1)"
            with self.assertRaisesRegex(ValueError, wanted):
                constant(value, score).count(1, 0, 1)
        with self.assertRaisesRegex(ValueError, "returned 1025, not their hits, from 0 to 1024"):
            picoord.Trial(lambda rng, n: n + 1).count(1, 0, 1)

    def test_what_is_no_trial(self):
        for function, options, error in ((lambda: 1, {}, TypeError),
                                         (lambda a, b, c: 1, {}, TypeError),
                                         (lambda rng, n: 1, {"block": 3}, ValueError),
                                         (lambda rng: 1, {"block": 4}, TypeError)):
            with self.assertRaises(error):
                picoord.Trial(function, **options)

    def test_chance_of_its_own_is_noticed(self):
        with self.assertRaisesRegex(ValueError, "careless: the same block has other hits"):
            for seed in range(20):  # one block may well be the same twice
                trials.careless.is_checked = False
                trials.careless.count(seed, 0, 64)

    @unittest.skipUnless(numpy, "no numpy")
    def test_numpy(self):
        @picoord.trial(numpy=True, block=1024)
        def quarter(rng, n):
            return numpy.count_nonzero(rng.random(n) < 0.25)

        @picoord.trial(numpy=True)
        def truth(rng):
            return rng.random() < 0.25

        self.assertEqual(quarter.count(42, 0, 1 << 20), NUMPY_KNOWN)
        self.assertEqual(sum(quarter.count(42, i, 1000) for i in range(0, 5000, 1000)),
                         quarter.count(42, 0, 5000))
        self.assertEqual(truth.count((1 << 64) - 1, HIGH, 1000), TRUTH_KNOWN)
        whole = picoord.Trial(lambda rng, n: rng.random(n) < 0.25, numpy=True)
        self.assertRaisesRegex(ValueError, "returned array", whole.count, 1, 0, 1)


class Requests(unittest.TestCase):
    def test_many_at_once(self):
        done = serve("count 42 0 1000\ncount 42 1000 1\r\ncount 42 5 0\n")
        self.assertEqual((done.returncode, done.stdout),
                         (0, "0 %d\n1000 %d\n5 0\n" % (ONE_KNOWN, trials.one.count(42, 1000, 1))))
        self.assertIn("waiting for 'count SEED FIRST COUNT'", done.stderr)

    def test_the_offer_says_which(self):
        done = serve("count 42 0 1000\n", "block")
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, "0 %d\n" % BLOCK_KNOWN, ""))
        self.assertEqual(serve("count 42 0 1000\n", "another").stdout, "0 %d\n" % ONE_KNOWN)

    def test_one_after_the_other(self):
        env = dict(os.environ, PYTHONPATH=PYTHON, PROGRAM_NAME="block", PYTHONDONTWRITEBYTECODE="1")
        with subprocess.Popen(TRIALS, env=env, stdin=subprocess.PIPE, bufsize=1, **PIPES) as child:
            for first in (0, 1000, 77):
                child.stdin.write("count 42 %d 100\n" % first)
                self.assertEqual(child.stdout.readline(),
                                 "%d %d\n" % (first, trials.block.count(42, first, 100)))
            child.stdin.close()
            self.assertEqual(child.wait(), 0)

    def test_what_it_prints_is_no_answer(self):
        done = serve("count 1 0 1 two words\ncount 1 0 1 two  words\n", "talks")
        self.assertEqual((done.returncode, done.stdout), (0, "0 1\n0 0\n"))
        self.assertEqual(done.stderr.count("this is no answer"), 2)
        self.assertEqual(done.stderr.count("nor is this"), 2)

    def test_failures_say_why(self):
        done = serve("count 1 0 1\n", "fails")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertTrue(done.stderr.endswith("RuntimeError: a word of why\n"))
        for line in ("hello\n", "count 1 2\n", "count 1 x 1\n"):
            done = serve(line)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("ValueError", done.stderr)

    def test_nobody_listens(self):
        env = dict(os.environ, PYTHONPATH=PYTHON, PROGRAM_NAME="one", PYTHONDONTWRITEBYTECODE="1")
        with subprocess.Popen(TRIALS, env=env, stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                              **PIPES) as child:
            child.stdout.close()
            child.stdin.write("count 1 0 1\n")
            child.stdin.flush()
            self.assertEqual((child.wait(), child.stderr.read()), (0, ""))
            try:
                child.stdin.close()
            except BrokenPipeError:
                pass


if __name__ == "__main__":
    unittest.main()
