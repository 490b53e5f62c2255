// SPDX-License-Identifier: MIT
//
// Panel 3: which ranges are asked for, and what is said of their counts.

import assert from 'node:assert/strict';
import test, { mock } from 'node:test';
import { at, cells, drawn, texts, time } from './lib/document.js';
import { readTheme } from '../../web/canvas.js';
import { circleTable, drawCircle, startCircle } from '../../web/circle.js';
import { Model } from '../../web/model.js';

readTheme();
const asked = [];
let thread;
globalThis.Worker = class {
  constructor(url) {
    this.url = url;
    thread = this;
  }

  postMessage(range) {
    asked.push(range);
  }

  // Of a range: its points, the first one inside.
  answer(hits, points = [0.5, 0.25, -0.75, -0.5], inside = [1, 0]) {
    this.onmessage({ data: { hits, points: new Float32Array(points), inside: new Uint8Array(inside) } });
  }
};

const model = new Model(0);
const status = (id, uid, done) => ({ time_ms: String(time.now), job: { id, uid, seed: '42', done: String(done), hits: '0' } });
const REST = 200;
const rest = (ms = REST) => {
  for (let rests = ms / REST; rests > 0; rests--) {
    time.now += REST;
    mock.timers.tick(REST);
  }
};
const draw = () => {
  drawn('circle');
  drawCircle(model);
  return drawn('circle');
};
const shown = (id) => at(id).textContent.replaceAll('\u202f', ' ');

mock.timers.enable({ apis: ['setInterval'] });
mock.method(Math, 'random', () => 0.5);

test('before anything was counted it waits', () => {
  startCircle(model);
  assert.equal(thread.url, 'recount.js');
  rest();
  assert.deepEqual(asked, []);
  model.take('tick', status('j-1', 'u1', 0));
  rest();
  assert.deepEqual(asked, []);
  assert.deepEqual(texts(draw()), ['waits for counts']);
  assert.equal(shown('checked'), '');
});

test('ranges are those between two points, one at a time, none too large', () => {
  const most = 8388608;
  model.take('history', { job: 'j-1', from: 0, points: [['1000', '777'], ['3000', '2350'], [String(3001 + most), '6590000'], [String(3001 + 2 * most), '13178000']] });
  rest();
  assert.deepEqual(asked, [{ seed: '42', first: '0', trials: 1000 }]);
  rest();
  assert.equal(asked.length, 1, 'one at a time');
  thread.answer(777);
  rest();
  assert.deepEqual(asked[1], { seed: '42', first: '1000', trials: 2000 });
  thread.answer(1572);
  rest();
  assert.deepEqual(asked[2], { seed: '42', first: String(3001 + most), trials: most });
  thread.answer(6588000);
  asked.length = 0;
});

test('what was counted here stands beside the ledger', () => {
  model.take('tick', status('j-1', 'u1', 20000000));
  draw();
  assert.equal(shown('checked'), '3 ranges, 8.39 M of 20.0 M trials, computed again: 1 differ');
  assert.deepEqual([at('checked').dataset.ranges, at('checked').dataset.wrong], [3, 1]);
  assert.equal(shown('check'), '6 588 000 hits here, 6 588 000 by the workers ✓ equal');
  assert.equal(shown('drawn'), 'Trials from 8 391 609: the first 2 of 8 388 608');
  assert.equal(at('check').className, 'check ok');
  const { first, trials, hits, ledger } = at('check').dataset;
  assert.deepEqual([first, trials, hits, ledger], [8391609n, 8388608n, 6588000n, 6588000n]);
  assert.deepEqual(circleTable().head, ['from trial', 'trials', 'hits here', 'hits in the ledger']);
  assert.deepEqual(cells(circleTable()).map((row) => row.map((c) => c.replaceAll('\u202f', ' '))), [
    ['8 391 609', '8 388 608', '6 588 000', '6 588 000'], ['1 000', '2 000', '1 572', '1 573'], ['0', '1 000', '777', '777']]);
});

test('points lie where they are, up is up', () => {
  const calls = draw();
  const r = 97;
  const [disc, ring] = calls.filter((c) => c.name === 'arc');
  assert.deepEqual(disc.args.slice(0, 2), [300 + 0.5 * r, 100 - 0.25 * r]);
  assert.equal(disc.fillStyle, 'inside');
  assert.deepEqual(ring.args.slice(0, 3), [300, 100, r]);
  const strokes = calls.filter((c) => c.name === 'lineTo');
  const middle = [0, 1].map((i) => strokes.reduce((sum, c) => sum + c.args[i], 0) / strokes.length);
  // The lower ends of a cross and its upper ones, around its place.
  const starts = calls.filter((c) => c.name === 'moveTo' && c.strokeStyle === 'outside');
  assert.equal(starts.length, 2);
  assert.ok(Math.abs(middle[0] - (300 - 0.75 * r)) < 1e-9 && strokes.every((c) => c.strokeStyle === 'outside'));
  assert.ok(Math.abs(middle[1] - 1.5 * 1.2 - (100 + 0.5 * r)) < 1e-9);
  assert.deepEqual(calls.find((c) => c.name === 'strokeRect').args, [300 - r, 100 - r, 2 * r, 2 * r]);
});

test('a count that changed is computed again, and a difference is said', () => {
  model.take('history', { job: 'j-1', from: 1, points: [['3000', '2349']] });
  rest();
  assert.deepEqual(asked, [{ seed: '42', first: '1000', trials: 2000 }]);
  thread.answer(1570);
  time.now += 5000;
  draw();
  assert.equal(shown('check'), '1 570 hits here, 1 572 by the workers ✕ different');
  assert.equal(at('check').className, 'check lost');
  assert.equal(shown('checked'), '3 ranges, 8.39 M of 20.0 M trials, computed again: 1 differ');
  asked.length = 0;
});

test('once all are checked, one is computed again now and then', () => {
  model.take('history', { job: 'j-1', from: 0, points: [['1000', '777'], ['3000', '2347']] });
  rest();
  thread.answer(1570);
  time.now += 5000;
  draw();
  asked.length = 0;
  rest(5000);
  assert.deepEqual(asked, [], 'not at once');
  rest();
  assert.deepEqual(asked, [{ seed: '42', first: '1000', trials: 2000 }]);
  draw();
  assert.equal(shown('checked'), '3 ranges, 8.39 M of 20.0 M trials, computed again: every count equal');
});

test('another job, or the same number of another state, begins anew', () => {
  model.take('tick', status('j-1', 'u2', 500));
  rest();
  thread.answer(1570); // of the job before
  assert.deepEqual(cells(circleTable()), []);
  draw();
  assert.equal(shown('checked'), '');
  asked.length = 0;
  model.take('history', { job: 'j-1', from: 0, points: [['500', '400']] });
  rest();
  assert.deepEqual(asked, [{ seed: '42', first: '0', trials: 500 }]);
  thread.answer(400, [0, 0], [1]);
  draw();
  assert.equal(shown('checked'), '1 range, 500 of 500 trials, computed again: every count equal');
});

test('nothing is computed while the page is paused or hidden', () => {
  model.take('history', { job: 'j-1', from: 1, points: [['600', '480']] });
  asked.length = 0;
  model.paused = true;
  rest();
  model.paused = false;
  document.hidden = true;
  rest();
  document.hidden = false;
  assert.deepEqual(asked, []);
  rest();
  assert.equal(asked.length, 1);
});
