// SPDX-License-Identifier: MIT
//
// Panel 5: rates that add up, each worker's on top of the one before.

import assert from 'node:assert/strict';
import test from 'node:test';
import { at, cells, drawn, time } from './lib/document.js';
import { readTheme } from '../../web/canvas.js';
import { Model } from '../../web/model.js';
import { drawRates, ratesTable } from '../../web/rates.js';

readTheme();
const X = (ago) => 596 - (ago / 60) * 506; // as of the lanes above
const BASE = 200 - 16; // of 0/s
const near = (got, expected, what) => assert.ok(Math.abs(got - expected) < 1e-6, `${what}: ${got} instead of ${expected}`);

function take(model, seconds, rates) {
  time.now = 1000 * seconds;
  model.take('workers', { workers: Object.entries(rates).map(([name, rate]) => ({ name, rate, state: 'busy', trials: '0' })) });
}

function drawOf(model) {
  drawn('rates');
  drawRates(model);
  return drawn('rates');
}

// Of each worker, in order: its colour and the corners of its area.
function areas(calls) {
  const list = [];
  for (const call of calls) {
    if (call.name === 'beginPath') list.push([]);
    if (call.name === 'moveTo' || call.name === 'lineTo') list.at(-1).push(call.args);
    if (call.name === 'fill') list.at(-1).colour = call.fillStyle;
  }
  return list;
}

test('without workers nothing is drawn', () => {
  assert.deepEqual(drawOf(new Model(0)).filter((c) => c.name === 'fill'), []);
});

test('a rate stands on those before it, and holds until the next is known', () => {
  const model = new Model(0);
  take(model, 90, { w10: 100, w9: 300 });
  take(model, 96, { w10: 200, w9: 300 });
  time.now = 100000;
  const calls = drawOf(model);
  const most = 1.08 * 500;
  const y = (rate) => BASE - (rate / most) * (BASE - 10);
  const expected = {
    w9: [[10, 300], [4, 300], [4, 300], [0, 300], [0, 300], [0, 0], [0, 0], [4, 0], [4, 0], [10, 0]],
    w10: [[10, 400], [4, 400], [4, 500], [0, 500], [0, 500], [0, 300], [0, 300], [4, 300], [4, 300], [10, 300]],
  };
  const list = areas(calls);
  assert.equal(list.length, 2);
  Object.values(expected).forEach((corners, i) => {
    assert.equal(list[i].length, corners.length);
    corners.forEach(([ago, rate], k) => {
      near(list[i][k][0], X(ago), `x of corner ${k}`);
      near(list[i][k][1], y(rate), `y of corner ${k}`);
    });
  });
  assert.deepEqual(list.map((a) => a.colour), ['tone-1', 'tone-2']);
  const names = calls.filter((c) => c.name === 'fillText' && /^w/.test(c.args[0]));
  assert.deepEqual(names.map((c) => c.args[0]), ['w9', 'w10']);
  near(names[0].args[2], y(150) + 0.5, 'w9 in the middle of its own');
  near(names[1].args[2], y(400) + 0.5, 'w10 in the middle of its own');
  const marks = calls.filter((c) => c.name === 'fillText' && /^0$|\/s$/.test(c.args[0]));
  assert.deepEqual(marks.map((c) => c.args[0]), ['0', '200/s', '400/s']);
  marks.forEach((c, i) => near(c.args[2], y(200 * i), c.args[0]));
  assert.equal(at('rates').attributes['aria-label'], 'Trials a second, stacked by worker: 500 in all now');
});

test('a worker keeps its colour, and one that is gone counts nothing', () => {
  const model = new Model(0);
  take(model, 90, { ada: 100, w10: 100 });
  take(model, 95, { w10: 4e9 });
  time.now = 100000;
  const calls = drawOf(model);
  assert.deepEqual(areas(calls).map((a) => a.colour), ['tone-1', 'tone-2'], 'who comes in gets a colour that is free');
  assert.match(at('rates').attributes['aria-label'], /: 4\.00\u202fG in all/);
  const marks = calls.filter((c) => c.name === 'fillText' && c.args[0].endsWith('/s')).map((c) => c.args[0]);
  assert.deepEqual(marks, ['1\u202fG/s', '2\u202fG/s', '3\u202fG/s', '4\u202fG/s']);
  assert.ok(!calls.some((c) => c.args[0] === 'ada'), 'no name where there is no room');
});

test('the table has the rates of now and of a minute ago', () => {
  const model = new Model(0);
  assert.deepEqual(ratesTable(model), { head: ['worker', 'trials/s now', 'a minute ago'], rows: [] });
  take(model, 40, { ada: 100 });
  take(model, 70, { ada: 200, bob: 5 });
  take(model, 100, { ada: 20000, bob: 7 });
  assert.deepEqual(cells(ratesTable(model)), [['ada', '20.0\u202fk', '100'], ['bob', '7', '0']]);
});

const legend = () => at('legend').children.map((li) => [li.textContent, li.children[0].style.background]);

test('the eight largest have colours that stay, all others are one', () => {
  const model = new Model(0);
  const rates = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`lab-${i + 1}`, 100 * (i + 1)]));
  take(model, 90, rates);
  time.now = 100000;
  const calls = drawOf(model);
  const names = legend();
  assert.deepEqual(names.map(([name]) => name), ['lab-5', 'lab-6', 'lab-7', 'lab-8', 'lab-9', 'lab-10', 'lab-11', 'lab-12', 'others']);
  assert.equal(new Set(names.map(([, colour]) => colour)).size, 9);
  assert.deepEqual(areas(calls).map((a) => a.colour), names.map(([, colour]) => colour));
  assert.match(at('rates').attributes['aria-label'], /: 7\u202f800 in all now$/);
  // The ninth is a little faster now: no colour changes.  Then it is much faster.
  take(model, 91, { ...rates, 'lab-4': 760 });
  drawOf(model);
  assert.deepEqual(legend(), names);
  for (let s = 92; s < 99; s++) take(model, s, { ...rates, 'lab-4': 5000 });
  drawOf(model);
  const now = Object.fromEntries(legend());
  assert.ok('lab-4' in now && !('lab-5' in now));
  for (const [name, colour] of names.slice(1, 8)) assert.equal(now[name], colour, name);
  assert.equal(now['lab-4'], names[0][1], 'the colour that is free');
});

test('a long name keeps its end in the legend, and nobody who computes is said', () => {
  const model = new Model(0);
  take(model, 90, { 'a-host-whose-name-is-long-0017': 100 });
  drawOf(model);
  assert.deepEqual(legend().map(([name]) => name), ['a-host-wh…g-0017']);
  const idle = new Model(0);
  take(idle, 90, { ada: 0 });
  assert.ok(drawOf(idle).some((c) => c.args[0] === 'nobody computes'));
});
