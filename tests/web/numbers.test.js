// SPDX-License-Identifier: MIT
//
// Numbers as the page writes them, and what it works out from counts.

import assert from 'node:assert/strict';
import test from 'node:test';
import { clock, digits, duration, estimate, expectedTrials, fraction, grouped, groupedDecimals, msLeft, round, si } from '../../web/numbers.js';
import { narrow, vectors } from './lib/vectors.js';

function near(got, expected, what) {
  assert.ok(Math.abs(got - expected) <= 1e-13 * Math.abs(expected) + 1e-15, `${what}: ${got} instead of ${expected}`);
}

test('the interval is the one that programs tell', () => {
  for (const [hits, trials, pi, , low, high] of vectors('estimates.txt', 11)) {
    const e = estimate(BigInt(trials), BigInt(hits));
    near(e.pi, Number(pi), `pi of ${hits} in ${trials}`);
    near(e.low, Number(low), `low of ${hits} in ${trials}`);
    near(e.high, Number(high), `high of ${hits} in ${trials}`);
  }
});

test('digits are settled where both ends agree', () => {
  for (const [pi, low, high, decimals, half, shown, settled, open] of vectors('digits.txt', 12)) {
    const d = digits(Number(pi), Number(low), Number(high));
    assert.equal(d.settled || '-', settled, pi);
    assert.equal(d.open || '-', open, pi);
    assert.equal(groupedDecimals(d.half), narrow(half), pi);
    assert.equal(groupedDecimals(d.settled + d.open), narrow(shown), pi);
    assert.equal((d.settled + d.open).split('.')[1]?.length ?? 0, Number(decimals), pi);
  }
  const all = digits(Math.PI, Math.PI, Math.PI);
  assert.equal(all.settled + all.open, '3.141592653589793');
});

test('numbers are short', () => {
  for (const [number, full, , short, mark] of vectors('numbers.txt', 26)) {
    assert.equal(grouped(BigInt(number)), narrow(full));
    assert.equal(si(number), narrow(short));
    assert.equal(round(number), narrow(mark));
  }
  assert.equal(si(12.4), '12');
  assert.equal(si('x'), 'n/a');
  assert.equal(si(Infinity), 'n/a');
});

test('durations have two units', () => {
  for (const [ms, , text] of vectors('durations.txt', 29))
    assert.equal(duration(Number(ms)).replaceAll(' ', '\u202f'), narrow(text), `${ms} ms`);
  assert.equal(duration(252000), '4\u202fmin 12\u202fs'); // breaks between its two
});

test('a time of the day is that of who looks', () => {
  process.env.TZ = 'Asia/Kolkata';
  assert.equal(clock(Date.UTC(2026, 0, 2, 20, 34, 56, 999)), '02:04:56');
  process.env.TZ = 'UTC';
  assert.equal(clock(Date.UTC(2026, 0, 2, 20, 34, 56)), '20:34:56');
});

const JOB = {
  state: 'running', reason: '', trials: '1000', done: '250', for_ms: '0', elapsed_ms: '9000', rate: 100,
  stderr: 0.02, until_stderr: 0,
};
const job = (changes) => ({ ...JOB, ...changes });
const none = (value) => assert.ok(Number.isNaN(value), String(value));

test('what is done of a job is a part of its trials, its time, or what its error takes', () => {
  assert.equal(fraction(job({})), 0.25);
  assert.equal(fraction(job({ done: '1001' })), 1);
  assert.equal(fraction(job({ state: 'done', done: '3' })), 1);
  assert.equal(fraction(job({ trials: '0', for_ms: '60000' })), 0.15);
  assert.equal(fraction(job({ trials: '0', for_ms: '6000' })), 1);
  assert.equal(fraction(job({ for_ms: '60000' })), 0.25); // trials too: these are the end
  assert.equal(fraction(job({ trials: '0', until_stderr: 0.01 })), 0.25);
  none(fraction(job({ trials: '0' })));
  assert.equal(expectedTrials(job({})), 1000);
  assert.equal(expectedTrials(job({ trials: '0', until_stderr: 0.01 })), 1000);
  assert.equal(expectedTrials(job({ trials: '0', until_stderr: 0.002 })), 25000);
  none(expectedTrials(job({ trials: '0', until_stderr: 0.01, stderr: null })));
});

test('what is left is told only while something moves', () => {
  assert.equal(msLeft(job({})), 7500);
  assert.equal(msLeft(job({ done: '1000' })), 0);
  assert.equal(msLeft(job({ trials: '0', until_stderr: 0.01 })), 7500);
  assert.equal(msLeft(job({ trials: '0', for_ms: '60000' })), 51000);
  assert.equal(msLeft(job({ trials: '0', for_ms: '6000' })), 0);
  none(msLeft(job({ reason: 'no workers attached' })));
  none(msLeft(job({ rate: 0 })));
  none(msLeft(job({ done: '1001' })));
  for (const state of ['queued', 'paused', 'done', 'cancelled']) none(msLeft(job({ state })));
});
