// SPDX-License-Identifier: MIT
//
// Panel 1: each number of the status in its own place.

import assert from 'node:assert/strict';
import test from 'node:test';
import { at } from './lib/document.js';
import { narrow } from './lib/vectors.js';
import { drawHeadline, sentence } from '../../web/headline.js';

const JOB = {
  id: 'j-3', name: 'lecture', state: 'running', reason: '', doubt: '', trials: '400000', done: '150000', hits: '0',
  rate: 12500, pi: 3.1415907, ci_low: 3.1415816, ci_high: 3.1415998, stderr: 4e-6, until_stderr: 0, for_ms: '0', elapsed_ms: '252000',
};
const status = (job, more) => ({ status: { workers: 7, audit_help: '', audit_wait_ms: '0', job: job && { ...JOB, ...job }, ...more } });
const shown = (id) => at(id).textContent;

function draw(job, more) {
  drawHeadline(status(job, more));
  return Object.fromEntries(['settled', 'open', 'half', 'trials', 'rate', 'workers', 'left-is', 'left', 'job', 'percent', 'waiting']
    .map((id) => [id, shown(id).replaceAll('\u202f', '_')]));
}

test('every number of a running job is in its place', () => {
  assert.deepEqual(draw({}), {
    settled: '3.141_5', open: '90_7', half: '± 0.000_009_1', trials: '150.0_k', rate: '12.5_k/s', workers: '7',
    'left-is': 'to go', left: '20_s', job: 'j-3 lecture running', percent: '37.5 %', waiting: '',
  });
  assert.equal(at('progress').value, 0.375);
  assert.equal(draw({ name: '' }).job, 'j-3 running');
});

test('a job that is done says how long it took', () => {
  const said = draw({ state: 'done', done: '400000' });
  assert.deepEqual([said['left-is'], said.left, said.percent, said.waiting], ['took', '4_min 12_s', '100 %', '']);
  assert.equal(draw({ done: '399999' }).percent, '99.9 %');
  assert.equal(draw({ done: '400000' }).percent, '100 %');
});

test('what cannot be told is not', () => {
  const none = draw(null);
  assert.deepEqual(none, {
    settled: '', open: '?', half: 'n/a', trials: '0', rate: 'n/a', workers: '7', 'left-is': 'to go', left: 'n/a', job: '',
    percent: '', waiting: 'No job yet. Submit one:pictl submit --trials 200GCopy',
  });
  const bar = document.querySelector('.progress');
  assert.ok(bar.hidden, 'no bar for nothing');
  assert.ok(document.documentElement.classList.contains('empty'));
  const first = draw({ pi: null, ci_low: null, ci_high: null, done: '0', rate: 0 });
  assert.deepEqual([first.settled, first.open, first.half, first.left, first.percent], ['', '?', 'n/a', 'n/a', '0.0 %']);
  assert.ok(!bar.hidden && !document.documentElement.classList.contains('empty'));
  draw({ trials: '0' });
  assert.ok(bar.hidden, 'nor for what has no end');
});

test('why nothing moves is said', () => {
  assert.equal(draw({ state: 'queued', reason: 'no workers attached' }).waiting, 'queued: no workers attached');
  assert.equal(draw({ state: 'paused' }).waiting, 'paused');
  const lines = () => at('waiting').children.map((p) => p.textContent);
  draw({}, { workers: 0 });
  assert.deepEqual(lines(), ['running: no workers attached', 'No worker yet. On this machine:', 'piworkerCopy', 'On another, the line that this prints:', 'pictl token showCopy']);
  drawHeadline({ ...status(null, { workers: 0 }), join: ['PI_JOIN=x piworker'] });
  assert.deepEqual(lines(), ['No worker yet. On this machine:', 'piworkerCopy', 'On another:', 'PI_JOIN=x piworkerCopy', 'No job yet. Submit one:', 'pictl submit --trials 200GCopy']);
  assert.equal(draw({ state: 'done' }, { workers: 0 }).waiting, '');
  assert.equal(draw({ state: 'done', doubt: '3 ranges' }).waiting, 'done, but in doubt: 3 ranges');
  assert.equal(draw({}, { audit_help: 'attach one', audit_wait_ms: '61000' }).waiting, 'Audits are behind by 1_min 1_s: attach one');
});

test('the same in one sentence', () => {
  assert.equal(sentence(status({})), narrow(
    'Pi is 3.1415907, plus or minus 0.0000091, after 150.0_k trials; 7 workers, 12.5_k trials a second, job running.'));
  assert.equal(sentence(status(null)), 'No job yet. Submit one: pictl submit --trials 200G');
  assert.equal(sentence(status({ pi: null, state: 'queued', reason: 'no workers attached' })), 'queued: no workers attached');
  assert.equal(sentence({ status: null }), '');
});
