// SPDX-License-Identifier: MIT
//
// The thread that computes a range again: all of its hits, and its first points.

import assert from 'node:assert/strict';
import test from 'node:test';
import { count } from '../../web/trial.js';
import { vectors } from './lib/vectors.js';

const answers = [];
globalThis.postMessage = (answer) => answers.push(answer);
globalThis.onmessage = null;
await import('../../web/recount.js');

function asked(seed, first, trials) {
  globalThis.onmessage({ data: { seed: String(seed), first: String(first), trials } });
  return answers.pop();
}

// In the square from -1 to 1, to within half a cell.
test('a point is where its trial lies', () => {
  for (const [seed, i, x, y, hit] of vectors('places.txt', 41)) {
    const { points, inside } = asked(seed, i, 1);
    assert.ok(Math.abs(points[0] - Number(x) / 2 ** 48) <= 0.6 / 2 ** 15, `${seed} ${i}: x ${points[0]}`);
    assert.ok(Math.abs(points[1] - Number(y) / 2 ** 48) <= 0.6 / 2 ** 15, `${seed} ${i}: y ${points[1]}`);
    assert.equal(inside[0], Number(hit));
  }
});

test('all trials are counted and the first of them drawn', () => {
  const few = asked(42n, 7n, 999);
  assert.deepEqual([few.first, few.trials, few.hits], ['7', 999, count(42n, 7n, 999)]);
  assert.deepEqual([few.points.length, few.inside.length], [2 * 999, 999]);
  assert.equal(few.inside.reduce((a, b) => a + b), few.hits);
  assert.ok(few.ms >= 0);
  const many = asked(42n, 0n, 1000000);
  assert.equal(many.hits, 785477);
  assert.deepEqual([many.points.length, many.inside.length], [4000, 2000]);
  assert.equal(many.inside.reduce((a, b) => a + b), count(42n, 0n, 2000));
  const last = asked(42n, 1999n, 1);
  assert.deepEqual([...many.points.slice(-2)], [...last.points]);
});
