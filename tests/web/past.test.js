// SPDX-License-Identifier: MIT
//
// What a page makes of the minute before it was opened, of a gap, of a restart.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { time } from './lib/document.js';
import { Model } from '../../web/model.js';
import { momentsOf } from '../../web/past.js';

const PAST = readFileSync(new URL('../vectors/past.json', import.meta.url), 'utf8'); // as picoord writes it
const past = (changes) => ({ ...JSON.parse(PAST), ...changes });
const status = (ms, uptime) => ({ time_ms: String(ms), uptime_ms: String(uptime), workers: 0, job: null });
const row = (name, trials, state = 'busy') => ({ name, state, trials: String(trials), rate: 5, threads: 1, last_seen_ms: '0' });
const hello = (ms, uptime, rows, before) => ({
  status: status(ms, uptime), workers: { workers: rows }, join: [], history: { job: '', from: 0, points: [] }, past: before,
});
const texts = (model) => model.events.map((e) => e.text.replaceAll('\u202f', ' '));
const samples = (model, name) => model.lane(name).samples.map((s) => [s.t, s.trials, s.state]);

function at(ms) {
  time.now = ms;
}

test('moments are those that picoord has written', () => {
  assert.deepEqual(momentsOf(past()).map(({ t, rows }) => [t, ...rows.map((r) => [r.name, r.state, r.trials, r.rate])]), [
    [1000000, ['ada', 'busy', 3456789, 2.5e9]],
    [1001000, ['ada', 'busy', 4123456789, 2.5e9], ['bob', 'idle', 0, 0]],
    [1002000, ['bob', 'draining', 999, 12]],
    [1002950, ['bob', 'silent', 1999, 12]],
  ]);
});

test('who comes late has lanes, rates, marks and events of the last minute', () => {
  const model = new Model(0);
  at(0);
  model.take('hello', hello(1003000, 500000, [row('bob', 2000), row('ada', 4123456789, 'lost')], past()));
  assert.deepEqual(samples(model, 'ada').slice(0, 2), [[1000000, 3456789, 'busy'], [1001000, 4123456789, 'busy']]);
  assert.deepEqual(samples(model, 'bob').map(([t]) => t), [1001000, 1002000, 1002950, 1003000]);
  assert.deepEqual(model.rates.map((r) => [r.t, [...r.of].filter(([, rate]) => rate)]), [
    [1000000, [['ada', 2.5e9]]], [1001000, [['ada', 2.5e9]]], [1002000, [['bob', 12]]], [1002950, []],
    [1003000, [['bob', 5]]],
  ]);
  assert.deepEqual(texts(model), [
    'ada lost (silent for 6 s). 1 range, 65.5 k trials, went back. No trial counted twice, none lost.', 'bob joined.',
  ]);
  assert.deepEqual(model.lane('ada').marks.map((m) => [m.t, m.sign]), [[1001800, '✕']]);
  assert.deepEqual(model.workers.map((w) => w.name), ['ada', 'bob']);
});

test('what hello and the stream both bring is told once', () => {
  const model = new Model(0);
  at(0);
  model.take('hello', hello(1003000, 500000, [], past()));
  const [, lost] = past().events;
  model.take('worker', { job: '', name: '', first: '0', threads: 0, connections: 0, late_ms: '0', ...lost });
  assert.equal(model.events.length, 2);
  model.take('hello', hello(1003100, 500100, [], past()));
  assert.equal(model.events.length, 2);
  model.take('worker', { ...lost, first: '0', job: '', time_ms: '1003050' });
  assert.equal(model.events.length, 3);
});

test('a page that was away takes the minute of hello, one that was not keeps its own', () => {
  const model = new Model(0);
  at(0);
  model.take('hello', hello(990000, 400000, [row('ada', 1)], past({ ago_ms: [], workers: [], others: [], events: [] })));
  at(9000);
  model.take('tick', status(999000, 409000));
  model.take('workers', { workers: [row('ada', 1000)] });
  model.take('hello', hello(1000900, 410900, [row('ada', 5000)], past({ events: [] })));
  assert.deepEqual(samples(model, 'ada').map(([t]) => t), [990000, 999000, 1000900]);
  model.take('hello', hello(1010000, 420000, [row('bob', 5000)], past({ events: [] })));
  assert.deepEqual(samples(model, 'bob').map(([t]) => t), [1001000, 1002000, 1002950, 1010000]);
  assert.deepEqual(model.rates.map((r) => r.t), [990000, 999000, 1000000, 1001000, 1002000, 1002950, 1010000]);
});

test('a restart is an event, a mark, and a pause in lanes and rates', () => {
  const model = new Model(0);
  at(0);
  model.take('hello', hello(990000, 400000, [row('ada', 1)], past({ ago_ms: [], workers: [], others: [], events: [] })));
  assert.deepEqual([texts(model), model.starts], [[], []]);
  const ada = ['ada', '50', 'bbbb', [0, 10, 10, 10], [1, 1, 1, 1]];
  model.take('hello', hello(1003000, 3500, [row('ada', 55)], past({ events: [], workers: [ada] })));
  assert.deepEqual(texts(model), ['coordinator: it has started again, after 10 s.']);
  assert.deepEqual(model.starts, [999500]);
  assert.deepEqual(samples(model, 'ada').slice(0, 4), [
    [990000, 1, 'busy'], [990000, NaN, 'away'], [999500, NaN, 'away'], [1000000, 20, 'busy']]);
  assert.deepEqual(model.rates.slice(0, 3).map((r) => [r.t, r.of.size]), [[990000, 1], [990000, 0], [999500, 0]]);
  model.take('hello', hello(1003100, 3600, [row('ada', 5)], past({ events: [] })));
  assert.deepEqual(model.starts, [999500]);
});

test('a page that is opened after the start shows it, for a minute', () => {
  for (const [uptime, told] of [[59000, 1], [61000, 0]]) {
    const model = new Model(0);
    at(0);
    model.take('hello', hello(1003000, uptime, [], past({ events: [] })));
    assert.deepEqual(texts(model), told ? ['coordinator: it has started.'] : []);
    assert.equal(model.starts.length, told);
  }
});

test('those who have no row of their own are one rate', () => {
  const model = new Model(0);
  at(0);
  model.take('hello', hello(1003000, 500000, [], past({ events: [], others: [3, 0, 0, 7] })));
  assert.deepEqual(model.rates.map((r) => r.of.get('(others)') ?? 0), [3, 0, 0, 7, 0]);
});
