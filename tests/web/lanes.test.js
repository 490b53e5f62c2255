// SPDX-License-Identifier: MIT
//
// Panel 4: when, how much and by whom, as drawn.

import assert from 'node:assert/strict';
import test from 'node:test';
import { at, cells, drawn, texts, time } from './lib/document.js';
import { readTheme } from '../../web/canvas.js';
import { arrange, colourOf, drawLanes, gutter, lanesTable, signOf, timeAxis } from '../../web/lanes.js';
import { Model } from '../../web/model.js';

readTheme();
// 600 pixels wide: names end at 90, and a second is 8.4333 pixels.
const X = (ago) => 596 - (ago / 60) * 506;
const near = (got, expected, what) => assert.ok(Math.abs(got - expected) < 1e-6, `${what}: ${got} instead of ${expected}`);
const row = (name, trials, state = 'busy') => ({ name, state, trials: String(trials), rate: 1, threads: 1, last_seen_ms: '0' });

function at_(seconds, model, ...rows) {
  time.now = 1000 * seconds;
  model.take('workers', { workers: rows });
}

function drawLanesOf(model, height = 200) {
  drawn('lanes');
  at('lanes').parentElement.clientHeight = height;
  drawLanes(model);
  return drawn('lanes');
}

const filled = (calls, colour) => calls.filter((c) => c.name === 'fillRect' && c.fillStyle === colour).map((c) => c.args);

test('signs and colours are those of the states', () => {
  const of = (state) => [signOf(state), colourOf(state)];
  assert.deepEqual(['busy', 'idle', 'draining', 'silent', 'lost', 'left', 'kicked', 'banned', 'other'].map(of), [
    ['●', 'ok'], ['○', 'soft'], ['▲', 'warn'], ['◌', 'warn'], ['✕', 'lost'], ['◇', 'soft'], ['⊘', 'warn'], ['⊘', 'lost'], ['●', 'soft']]);
});

test('now is at the right, a minute ago where the names end', () => {
  assert.deepEqual([gutter(600), gutter(200)], [90, 56]);
  const g = at('lanes').getContext();
  const { x, x0 } = timeAxis(g, 600, 200, 100000);
  assert.equal(x0, 90);
  for (const [t, place] of [[100000, 596], [40000, 90], [70000, 343], [85000, 469.5]]) near(x(t), place, t);
  const told = drawn('lanes', 'fillText');
  assert.deepEqual(told.map((c) => c.args[0].replace('\u202f', ' ')), ['45 s ago', '30 s ago', '15 s ago', 'now']);
  told.forEach((c, i) => near(c.args[1], [X(45), X(30), X(15), 596][i], c.args[0]));
  timeAxis(g, 200, 200, 0);
  assert.deepEqual(texts(drawn('lanes')).map((text) => text.slice(0, 2)), ['30', 'no']);
  assert.equal(timeAxis(g, 600, 200, 100000, false).x0, 90);
  assert.equal(drawn('lanes').length, 0);
});

test('a block is what was counted in its second', () => {
  const model = new Model(0);
  at_(97, model, row('ada', 500));
  at_(98, model, row('ada', 700)); // counted
  at_(99, model, row('ada', 700)); // busy, and nothing yet
  at_(100, model, row('ada', 700, 'idle'));
  const blocks = filled(drawLanesOf(model), 'inside');
  assert.equal(blocks.length, 2);
  const [[x1, , w1, h1], [x2, , w2, h2]] = blocks;
  near(x1, X(3) + 0.5, 'from');
  near(w1, X(2) - X(3) - 1.5, 'wide');
  near(x2, X(2), 'from');
  near(w2, X(1) - X(2), 'wide');
  assert.ok(h1 > 20);
  assert.equal(h2, 2);
});

test('who was lost shows when, what it held, and where that is now', () => {
  const model = new Model(0);
  at_(100, model, row('ada', 5, 'lost'), row('bob', 9));
  const event = (what, t, changes) => model.take('worker', {
    what, job: '', name: '', worker: '', reason: 'silent', first: '0', trials: '0', ranges: 0, connections: 0, late_ms: '0', time_ms: String(t), ...changes });
  event('worker_lost', 70000, { worker: 'ada', trials: '40', ranges: 4 });
  let calls = drawLanesOf(model);
  const box = calls.find((c) => c.name === 'strokeRect');
  near(box.args[0], X(30) + 7, 'from');
  near(box.args[2], X(26) - X(30), 'four seconds wide');
  assert.deepEqual([box.strokeStyle, calls.some((c) => c.name === 'setLineDash' && c.args[0].length === 2)], ['lost', true]);
  assert.ok(texts(calls).includes('00:01:10 returned: 4 ranges'));
  assert.ok(texts(calls).includes('✕'), 'its time stands beside what it held');
  for (const first of [100, 200, 300]) event('leased_again', 80000, { worker: 'bob', first: String(first), trials: '10' });
  calls = drawLanesOf(model);
  assert.ok(texts(calls).includes('00:01:10 returned: 100, 200, 300'));
  const redone = calls.filter((c) => c.name === 'fillText' && /^↻/.test(c.args[0]));
  assert.deepEqual(redone.map((c) => [c.args[0], c.fillStyle]), [['↻ 100', 'outside']], 'one text in one place');
  near(redone[0].args[1], X(20) - 5, 'when');
  event('leased_again', 80000, { worker: 'bob', first: '400', trials: '10' });
  assert.ok(texts(drawLanesOf(model)).includes('00:01:10 returned: 100, 200, 300 …'));
  // In the right half it stands to the left.
  event('worker_lost', 95000, { worker: 'bob', trials: '10', ranges: 1 });
  const left = drawLanesOf(model).find((c) => c.name === 'fillText' && c.args[0].startsWith('00:01:35'));
  near(left.args[1] + 6 * left.args[0].length, X(5) - 10, 'its end');
  // Of more than a minute ago: nothing.
  time.now = 131000;
  const old = texts(drawLanesOf(model));
  assert.ok(!old.some((text) => text.startsWith('00:01:10')) && old.some((text) => text.startsWith('00:01:35')));
});

test('lanes stand below each other by their names, each with its state', () => {
  const model = new Model(0);
  at_(100, model, row('w10', 5), row('w9', 5, 'silent'), row('a-name-that-is-too-long', 5, 'lost'));
  const calls = drawLanesOf(model).filter((c) => c.name === 'fillText');
  const names = calls.filter((c) => c.args[1] === 14);
  assert.deepEqual(names.map((c) => c.args[0]), ['w9', 'w10', 'a-name-…long'], 'who is gone comes last');
  assert.deepEqual(names.map((c) => c.args[2]), [16, 48, 80]);
  assert.deepEqual(calls.filter((c) => c.args[1] === 2).map((c) => [c.args[0], c.fillStyle, c.args[2]]),
    [['◌', 'warn', 16], ['●', 'ok', 48], ['✕', 'lost', 80]]);
  assert.deepEqual(texts(drawLanesOf(new Model(0))).slice(-1), ['no workers attached']);
});

test('many lanes are thin, and have names where there is room', () => {
  const many = new Model(0);
  at_(100, many, ...Array.from({ length: 25 }, (_, i) => row(`w${i + 1}`, 1)));
  const { own, rest } = arrange(many, 184, 15);
  assert.deepEqual([own.length, own[1].y, rest.length], [25, 184 / 25, 0]);
  const names = drawLanesOf(many).filter((c) => c.name === 'fillText' && c.args[1] === 14).map((c) => c.args[0]);
  assert.deepEqual(names.slice(0, 3), ['w2', 'w4', 'w6']);
});

test('more than six pixels have room for share the last lane, who is gone among them', () => {
  const crowd = new Model(0);
  const rows = Array.from({ length: 200 }, (_, i) => row(`w${i + 1}`, 1, i === 0 ? 'lost' : 'busy'));
  at_(98, crowd, ...rows);
  at_(99, crowd, ...rows.map((r, i) => ({ ...r, trials: i % 2 ? '5' : '1' })));
  time.now = 100000;
  const { own, rest, step } = arrange(crowd, 184, 15);
  assert.deepEqual([step, own.length, own[0].name, rest.length, rest.at(-1).name], [6, 28, 'w2', 172, 'w1']);
  const calls = drawLanesOf(crowd);
  assert.ok(texts(calls).includes('and 172 more'), String(texts(calls)));
  const [block] = filled(calls, 'inside').slice(-1);
  near(block[3], 12 * (86 / 172), 'as high as the part of them that has counted');
  near(block[1] + block[3], 200 - 16 - 1, 'from below');
});

test('marks that lie on one another are strokes, and no text is on another', () => {
  const model = new Model(0);
  at_(99, model, ...Array.from({ length: 25 }, (_, i) => row(`w${i + 1}`, 1)));
  for (let i = 1; i <= 25; i++) model.mark(`w${i}`, 80000, '▲', 'ok', 'joined');
  time.now = 100000;
  const calls = drawLanesOf(model);
  const signs = calls.filter((c) => c.name === 'fillText' && c.args[0] === '▲');
  const strokes = filled(calls, 'ok');
  assert.equal(signs.length + strokes.length, 25);
  assert.ok(signs.length > 5 && strokes.length > 5);
  signs.sort((a, b) => a.args[2] - b.args[2]).reduce((a, b) => {
    assert.ok(b.args[2] - a.args[2] >= 12, 'a line of text apart');
    return b;
  });
});

test('the table says the same', () => {
  const model = new Model(0);
  at_(70, model, row('ada', 20000));
  at_(80, model, row('ada', 50000));
  at_(90, model, row('ada', 65000), row('bob', 7, 'idle'));
  model.take('worker', { what: 'worker_joined', worker: 'bob', first: '0', trials: '0', ranges: 0, time_ms: '85000' });
  const table = lanesTable(model);
  assert.deepEqual(table.head, ['worker', 'state', 'counted in the last minute', 'what happened']);
  assert.deepEqual(cells(table), [['ada', 'busy', '45.0\u202fk', ''], ['bob', 'idle', '0', '00:01:25 ▲ joined']]);
  at_(91, model, row('ada', 3)); // started again
  assert.equal(cells(lanesTable(model))[0][2], '0');
});

test('a start of the coordinator is a line through all lanes, and says so', () => {
  const model = new Model(0);
  at_(100, model, row('ada', 5));
  model.starts = [80000, 30000];
  const calls = drawLanesOf(model);
  const lines = filled(calls, 'warn').filter(([, , w]) => w === 2);
  assert.equal(lines.length, 1, 'that of a minute ago is over');
  near(lines[0][0], X(20) - 1, 'when');
  assert.deepEqual([lines[0][1], lines[0][3]], [0, 184]);
  assert.ok(texts(calls).includes('▶ started'));
});
