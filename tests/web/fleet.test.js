// SPDX-License-Identifier: MIT
//
// Panel 6: a row for each worker, a sentence for each event.

import assert from 'node:assert/strict';
import test from 'node:test';
import { at } from './lib/document.js';
import { drawEvents, drawFleet } from '../../web/fleet.js';

const worker = (name, changes) => ({ name, state: 'busy', threads: 4, rate: 12500, trials: '300000', last_seen_ms: '4600', ...changes });
const rows = () => at('fleet').rows.map((row) => [row.className, ...row.cells.map((cell) => cell.textContent.replaceAll('\u202f', ' '))]);

test('every worker has its own numbers, who is here before who is gone', () => {
  drawFleet({ workers: [
    worker('ada'), worker('bob', { state: 'idle', threads: 1 }), worker('eve', { state: 'lost', trials: '7' }),
    worker('ida', { state: 'silent' }), worker('mia', { state: 'draining' })] });
  assert.deepEqual(rows(), [
    ['', 'ada', '● busy', '4', '12.5 k/s', '300.0 k'],
    ['', 'bob', '○ idle', '1', 'n/a', '300.0 k'],
    ['', 'ida', '◌ silent 5 s', '4', '12.5 k/s', '300.0 k'],
    ['', 'mia', '▲ draining', '4', '12.5 k/s', '300.0 k'],
    ['gone', 'eve', '✕ lost 5 s', '4', 'n/a', '7']]);
  const [ada, , , , eve] = at('fleet').rows;
  assert.deepEqual([ada.cells[1].className, eve.cells[1].className], ['ok', 'lost']);
});

test('rows are kept, changed and removed', () => {
  const [first] = at('fleet').rows;
  drawFleet({ workers: [worker('<b>', { state: 'left', last_seen_ms: '61000' }), worker('zoe')] });
  assert.deepEqual(rows(), [['', 'zoe', '● busy', '4', '12.5 k/s', '300.0 k'], ['gone', '<b>', '◇ left 61 s', '4', 'n/a', '300.0 k']]);
  assert.equal(at('fleet').rows[0], first);
  assert.ok(at('no-workers').hidden);
  drawFleet({ workers: [] });
  assert.deepEqual(rows(), []);
  assert.ok(!at('no-workers').hidden);
});

test('events are sentences with their time, the newest first', () => {
  const entry = (id, t, text) => ({ id, t, sign: '▲', kind: 'ok', text });
  const lines = () => at('events').children.map((li) => li.textContent);
  drawEvents({ events: [entry(2, 3723000, 'bob joined.'), entry(1, 1000, 'ada joined.')] });
  assert.deepEqual(lines(), ['01:02:03 ▲ bob joined.', '00:00:01 ▲ ada joined.']);
  assert.equal(at('latest').textContent, '01:02:03 ▲ bob joined.');
  assert.equal(at('events').children[0].children[1].className, 'ok');
  const [kept] = at('events').children;
  drawEvents({ events: [entry(2, 3723000, 'bob joined.'), entry(1, 1000, 'ada joined.')] });
  assert.equal(at('events').children[0], kept, 'it is drawn again only when it changes');
  drawEvents({ events: [entry(3, 3723000, 'bob is back.'), entry(1, 1000, 'ada joined.')] });
  assert.equal(lines()[0], '01:02:03 ▲ bob is back.');
  drawEvents({ events: [] });
  assert.deepEqual([lines(), at('latest').textContent], [['Nothing has happened yet.'], '']);
  drawEvents({ events: [entry(4, 0, 'x'.repeat(200))] });
  assert.deepEqual([lines()[0].length, at('latest').textContent], [211, `00:00:00 ▲ ${'x'.repeat(150)}…`]);
});
