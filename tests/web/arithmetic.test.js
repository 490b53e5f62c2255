// SPDX-License-Identifier: MIT
//
// The page's own arithmetic: trials, numbers, and its sentences of what happens.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { Model } from '../../web/model.js';
import { digits, estimate, msLeft, round, si } from '../../web/numbers.js';
import { count, philox } from '../../web/trial.js';

function vectors(name) {
  const text = readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8');
  return text.split('\n').filter((line) => line && line[0] !== '#').map((line) => line.trim().split(/\s+/));
}

test('philox gives the known answers', () => {
  for (const words of vectors('philox4x32-10.txt')) {
    const w = words.map((word) => parseInt(word, 16));
    const c = w.slice(0, 4);
    philox(c, w[4], w[5]);
    assert.deepEqual(c, w.slice(6));
  }
});

test('hits are those of every worker', () => {
  let n = 0;
  for (const [seed, first, trials, hits] of vectors('hits.txt').map((row) => row.map(BigInt))) {
    if (trials > 2000000n) continue;
    assert.equal(BigInt(count(seed, first, Number(trials))), hits, `${seed} ${first} ${trials}`);
    n++;
  }
  assert.ok(n > 10);
});

test('digits are settled where both ends agree', () => {
  assert.deepEqual(digits(3.1415907, 3.1415816, 3.1415998), { settled: '3.1415', open: '907', half: '0.0000091' });
  assert.equal(digits(3.2, 2.9, 3.5).settled, '');
  assert.equal(digits(3.2, 3.1, 3.3).settled, '3');
  const e = estimate(200000n, 157080n);
  assert.ok(Math.abs(e.pi - 3.1416) < 1e-12 && e.low < e.pi && e.pi < e.high);
});

test('numbers are short', () => {
  assert.equal(si(125.8e9), '125.8\u202fG');
  assert.equal(si(4.12e9), '4.12\u202fG');
  assert.equal(si(9999), '9\u202f999');
  assert.equal(round(3e8), '300\u202fM');
});

test('what is left is told only while something moves', () => {
  const job = { state: 'running', reason: '', trials: '1000', done: '250', for_ms: '0', rate: 100 };
  assert.equal(msLeft(job), 7500);
  assert.ok(Number.isNaN(msLeft({ ...job, reason: 'no workers attached' })));
  assert.ok(Number.isNaN(msLeft({ ...job, rate: 0 })));
  assert.ok(Number.isNaN(msLeft({ ...job, state: 'paused' })));
});

test('each event is a sentence of its own numbers', () => {
  const none = { job: '', name: '', worker: '', reason: '', first: '0', trials: '0', ranges: 0, threads: 0, connections: 0, late_ms: '0', time_ms: '1000' };
  const told = (event) => new Model(0).takeEvent({ ...none, ...event }).text;
  assert.equal(told({ what: 'worker_joined', worker: 'ada', threads: 3 }), 'ada joined.');
  assert.equal(told({ what: 'lease_expired', worker: 'ada', ranges: 2, trials: '9' }), 'ada is overdue: 2 ranges went back.');
  assert.equal(told({ what: 'clock_late', late_ms: '3230' }), 'coordinator: it stood still for 4\u202fs, all deadlines move.');
  assert.equal(told({ what: 'token_rotated', reason: 'worker', connections: 4 }), "coordinator: the workers' token is another now, 4 connections end.");
  assert.equal(told({ what: 'job_paused', job: 'j-7', name: 'pi-for-all' }), 'j-7 paused: pi-for-all.');
  assert.equal(told({ what: 'store_full', reason: 'disk full' }), 'coordinator: store full: disk full.');
});
