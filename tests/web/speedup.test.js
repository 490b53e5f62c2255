// SPDX-License-Identifier: MIT
//
// Panel 7: the rate of each number of threads, as counted, and how much of the ideal it is.

import assert from 'node:assert/strict';
import test from 'node:test';
import { at, cells, drawn, texts, time } from './lib/document.js';
import { readTheme } from '../../web/canvas.js';
import { Model } from '../../web/model.js';
import { drawSpeedup, measured, sentenceOf, speedupTable } from '../../web/speedup.js';

readTheme();
const plain = (text) => text.replaceAll('\u202f', ' ');
const row = (name, trials, threads, state = 'busy') => ({ id: name, name, threads, state, trials: String(trials), rate: 0, last_seen_ms: '0' });

// So many seconds of these workers: [name, threads, trials a second].
function pass(model, from, seconds, ...workers) {
  for (let s = from; s < from + seconds; s++)
    model.takeWorkers(workers.map(([name, threads, rate, state]) => row(name, rate * s, threads, state)), 1000 * s);
}

const points = (model) => measured(model).map((p) => [p.threads, Math.round(p.rate), p.now]);

test('what was counted while the same workers computed, after a pause', () => {
  const model = new Model(0);
  pass(model, 0, 5, ['ada', 2, 1000]);
  assert.deepEqual(points(model), [], 'two seconds say nothing yet');
  pass(model, 5, 5, ['ada', 2, 1000]);
  assert.deepEqual(points(model), [[2, 1000, true]]);
  pass(model, 10, 10, ['ada', 2, 1000], ['bob', 2, 800]);
  assert.deepEqual(points(model), [[2, 1000, false], [4, 1800, true]]);
  pass(model, 20, 3, ['ada', 2, 1000], ['bob', 2, 800, 'lost']);
  assert.deepEqual(points(model), [[2, 1000, true], [4, 1800, false]], 'what bob has does not count as lost');
});

test('another job begins anew', () => {
  const model = new Model(0);
  model.current = { id: 'j-1' };
  pass(model, 0, 9, ['ada', 1, 10]);
  assert.equal(points(model).length, 1);
  model.current = { id: 'j-2' };
  pass(model, 9, 1, ['ada', 1, 10]);
  assert.deepEqual(points(model), []);
});

test('the sentence says rate, ideal and efficiency', () => {
  const one = { threads: 1, rate: 1e9, now: false };
  const four = { threads: 4, rate: 3.6e9, now: true };
  assert.equal(sentenceOf([one, four]), '4 threads: 3.60 times the rate of 1, ideal is 4.00: efficiency 90 %.');
  assert.equal(sentenceOf([{ ...one, now: true }, { ...four, now: false }]), '4 threads: 3.60 times the rate of 1, ideal is 4.00: efficiency 90 %.');
  assert.equal(plain(sentenceOf([one])), '1 thread: 1.00 G/s. Dashed: ideal.');
  assert.equal(sentenceOf([]), 'A point for each number of threads.');
});

test('the ideal is a line through the fewest threads, each number a point in its place', () => {
  const model = new Model(0);
  Object.assign(model.speeds, { threads: 4, of: new Map([[4, { trials: 3600, ms: 4000 }], [2, { trials: 2000, ms: 4000 }], [1, { trials: 9, ms: 100 }]]) });
  drawn('speedup');
  drawSpeedup(model);
  const calls = drawn('speedup');
  // 600 by 200 pixels: threads from 52 to 590 for 4.4, rates from 183 to 10 for 1.08 * 1100.
  const x = (n) => 52 + (n / 4.4) * 538;
  const y = (rate) => 183 - (rate / 1188) * 173;
  const near = (got, want) => got.forEach((v, i) => assert.ok(Math.abs(v - want[i]) < 1e-6, `${got} instead of ${want}`));
  const [origin, ideal] = calls.filter((c) => ['moveTo', 'lineTo'].includes(c.name));
  near(origin.args, [x(0), y(0)]);
  near(ideal.args, [x(4.4), y(1100)]);
  assert.equal(ideal.strokeStyle, 'truth');
  const dots = calls.filter((c) => c.name === 'arc').map((c) => c.args);
  near(dots[0].slice(0, 3), [x(2), y(500), 2.8]);
  near(dots[1].slice(0, 3), [x(4), y(900), 4.5]);
  assert.deepEqual(texts(calls).filter((t) => /^\d+( threads)?$/.test(t)), ['0', '4 threads', '3', '2', '1']);
  assert.equal(at('speedup-note').textContent, '4 threads: 1.80 times the rate of 2, ideal is 2.00: efficiency 90 %.');
  assert.deepEqual(cells(speedupTable(model)), [['2', '500', '500', '100 %'], ['4', '900', '1\u202f000', '90 %']]);
});

test('without a point it waits', () => {
  drawSpeedup(new Model(0));
  assert.deepEqual(texts(drawn('speedup')), ['waits for counts']);
  assert.equal(at('speedup-note').textContent, 'A point for each number of threads.');
  time.now = 0;
});
