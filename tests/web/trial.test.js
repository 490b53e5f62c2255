// SPDX-License-Identifier: MIT
//
// The page's own trials: the same places and hits as every worker's.

import assert from 'node:assert/strict';
import test from 'node:test';
import { count, philox } from '../../web/trial.js';
import { vectors } from './lib/vectors.js';

test('philox gives the known answers', () => {
  for (const words of vectors('philox4x32-10.txt', 3)) {
    const w = words.map((word) => parseInt(word, 16));
    const c = w.slice(0, 4);
    philox(c, w[4], w[5]);
    assert.deepEqual(c, w.slice(6));
  }
});

test('hits are those of every worker', () => {
  for (const [seed, first, trials, hits] of vectors('hits.txt', 16).map((row) => row.map(BigInt))) {
    if (trials > 2000000n) continue;
    assert.equal(BigInt(count(seed, first, Number(trials))), hits, `${seed} ${first} ${trials}`);
  }
});

// X / 2^33 lies in the cell of a, so a is its floor.
test('each trial lies where every worker has it', () => {
  for (const [seed, i, x, y, hit] of vectors('places.txt', 41).map((row) => row.map(BigInt))) {
    const told = [];
    count(seed, i, 1, (...trial) => told.push(trial));
    assert.deepEqual(told, [[0, Number(x >> 33n), Number(y >> 33n), hit === 1n]], `${seed} ${i}`);
  }
});

test('each trial of a range is told once and in order', () => {
  const told = [];
  const hits = count(42n, 4294967291n, 11, (place, a, b, hit) => told.push([place, hit]));
  assert.deepEqual(told.map(([place]) => place), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.equal(told.filter(([, hit]) => hit).length, hits);
  assert.equal(count(42n, 7n, 0, () => assert.fail('no trial')), 0);
});
