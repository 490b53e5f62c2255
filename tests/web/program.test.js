// SPDX-License-Identifier: MIT
//
// Where the job is a program's: panels 1 to 3.

import assert from 'node:assert/strict';
import test from 'node:test';
import { at } from './lib/document.js';
import { funnelTable } from '../../web/funnel.js';
import { drawHeadline, sentence } from '../../web/headline.js';
import { Model } from '../../web/model.js';
import { drawOffers } from '../../web/offers.js';

const dice = { id: 'j-1', name: '', state: 'running', done: '600', hits: '100', pi: 0.16667, ci_low: 0.139, ci_high: 0.1986, rate: 10,
  program: 'dice', arg: '', scale: 1, score: false, program_test: '77aa000000000001' };
const offer = (state, more = {}) => ({ name: 'dice', state, test: '77aa000000000001', rate: 250000, reason: '', ...more });
const worker = (name, state, ...programs) => ({ name, state, programs });
const rows = () => at('offers').children.map((row) => [row.className, ...row.cells.map((cell) => cell.textContent.replaceAll('\u202f', ' '))]);

test('who has it, whose is another, why one has failed; not who is gone', () => {
  drawOffers({ status: { job: dice }, workers: [
    worker('ada', 'busy', offer('ready')), worker('bob', 'idle'), worker('cyd', 'idle', { ...offer('ready'), name: 'other' }),
    worker('eve', 'idle', offer('ready', { test: '81f0000000000002' })), worker('fay', 'idle', offer('failed', { rate: 0, reason: 'exited with 1' })),
    worker('lou', 'idle', offer('excluded')), worker('zoe', 'lost', offer('ready'))] });
  assert.deepEqual(rows(), [
    ['', 'ada', '● ready', '77aa0000', '250.0 k/s'], ['', 'bob', 'has none', '', ''], ['', 'cyd', 'has none', '', ''],
    ['', 'eve', '≠ another', '81f00000', '250.0 k/s'], ['', 'fay', '✕ failed', '77aa0000', 'n/a'], ['why', 'exited with 1'],
    ['', 'lou', '⊘ excluded', '77aa0000', '250.0 k/s']]);
  const [kept] = at('offers').children;
  drawOffers({ status: { job: { ...dice, program: '' } }, workers: [] });
  assert.equal(at('offers').children[0], kept, 'of pi nothing is said');
});

test('the name, the text, p or x', () => {
  drawHeadline({ status: { job: dice, workers: 1 } });
  assert.deepEqual([at('symbol').textContent, at('h1').textContent], ['p ≈', 'Estimate of dice']);
  assert.match(sentence({ status: { job: dice, workers: 1 } }), /^dice is 0\.16/);
  drawHeadline({ status: { job: { ...dice, scale: 2, arg: 'of ivory' }, workers: 1 } });
  assert.deepEqual([at('symbol').textContent, at('h1').textContent], ['x ≈', 'Estimate of dice of ivory']);
  drawHeadline({ status: { job: { ...dice, program: '', scale: 4 }, workers: 1 } });
  assert.deepEqual([at('symbol').textContent, at('h1').textContent], ['π ≈', 'Estimate of π']);
});

test('the funnel is scaled, and of scores in parts of 65,536', () => {
  const table = (job) => {
    const model = new Model(0);
    model.take('tick', { time_ms: '0', job });
    return funnelTable(model).rows[0];
  };
  assert.deepEqual(table(dice).slice(0, 2), ['600', '0.166666667']);
  const [, low, high] = table(dice).slice(1).map(Number);
  assert.ok(low > 0.138 && high < 0.2, `${low} to ${high}`);
  assert.equal(table({ ...dice, scale: 6 })[1], '1.000000000');
  assert.equal(table({ ...dice, scale: 6, score: true, hits: String(300 * 65536) })[1], '3.000000000');
});
