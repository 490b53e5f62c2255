// SPDX-License-Identifier: MIT
//
// What the page makes of the events: points, workers, lanes, and who lost what to whom.

import assert from 'node:assert/strict';
import test from 'node:test';
import { time } from './lib/document.js';
import { Model } from '../../web/model.js';

const NONE = { job: '', name: '', worker: '', reason: '', first: '0', trials: '0', ranges: 0, threads: 0, connections: 0, late_ms: '0', time_ms: '1000' };
const event = (changes) => ({ ...NONE, ...changes });
const row = (name, changes) => ({ name, state: 'busy', trials: '0', rate: 0, threads: 1, last_seen_ms: '0', ...changes });
const status = (done, hits, id = 'j-1') => ({ time_ms: '5000', workers: 0, job: { id, done, hits } });
const plain = (text) => text.replaceAll('\u202f', ' ');

// ---- events ----

const SENTENCES = [
  [{ what: 'worker_joined', worker: 'ada', threads: 3 }, '▲ ok ada joined.', '▲ ok joined'],
  [{ what: 'worker_back', worker: 'ada' }, '▲ ok ada is back.', '▲ ok back'],
  [{ what: 'worker_left', worker: 'ada' }, '◇ soft ada left.', '◇ soft left'],
  [{ what: 'worker_lost', worker: 'ada', reason: 'silent for 6 s' },
    '✕ lost ada lost (silent for 6 s). It held nothing. No trial counted twice, none lost.', '✕ lost 00:00:01'],
  [{ what: 'worker_lost', worker: 'ada', reason: 'silent', ranges: 2, trials: '30000' },
    '✕ lost ada lost (silent). 2 ranges, 30.0 k trials, went back. No trial counted twice, none lost.', '✕ lost 00:00:01'],
  [{ what: 'leased_again', worker: 'bob', first: '65536', trials: '9' }, '↻ outside bob computes again from trial 65.5 k.', '↻ outside 65.5 k'],
  [{ what: 'worker_kicked', worker: 'ada', ranges: 1, trials: '9' }, '⊘ warn ada was kicked: 1 range went back.', '⊘ warn kicked'],
  [{ what: 'worker_kicked', worker: 'ada' }, '⊘ warn ada was kicked.', '⊘ warn kicked'],
  [{ what: 'worker_excluded', worker: 'ada', reason: 'wrong counts' }, '⊘ lost ada is excluded: wrong counts.', '⊘ lost excluded'],
  [{ what: 'worker_trusted', worker: 'ada', reason: '3 of 3' }, '✓ ok ada is trusted now: 3 of 3.'],
  [{ what: 'lease_expired', worker: 'ada', ranges: 2, trials: '9' }, '▼ warn ada is overdue: 2 ranges went back.', '▼ warn overdue'],
  [{ what: 'lease_doubled', worker: 'ada', first: '1048576' },
    '⧉ soft ada also computes a slow range, from trial 1 048 576: the first result counts.', '⧉ warn 1.05 M'],
  [{ what: 'results_revoked', job: 'j-2', trials: '20000' }, '⊘ lost 20.0 k trials of j-2 count no longer; they are computed again.'],
  [{ what: 'job_done', job: 'j-2' }, '■ ok j-2 is done. The count is final.'],
  [{ what: 'job_in_doubt', job: 'j-2', trials: '20000' }, '⊘ lost j-2: 20.0 k trials of its answer are in doubt.'],
  [{ what: 'token_rotated', reason: 'worker', connections: 4 }, "▼ warn coordinator: the workers' token is another now, 4 connections end."],
  [{ what: 'clock_late', late_ms: '3230' }, '▼ warn coordinator: it stood still for 4 s, all deadlines move.'],
  [{ what: 'store_full', reason: 'disk full' }, '▼ warn coordinator: store full: disk full.'],
  [{ what: 'store_recovered' }, '▼ warn coordinator: store recovered.'],
  [{ what: 'job_paused', job: 'j-7', name: 'pi-for-all' }, '● soft j-7 paused: pi-for-all.'],
  [{ what: 'job_cancelled' }, '● soft the job cancelled.'],
];

test('each event is a sentence of its own numbers, and a mark on its lane', () => {
  for (const [changes, sentence, mark] of SENTENCES) {
    const model = new Model(0);
    model.take('worker', event(changes));
    const [told, ...others] = model.events;
    assert.equal(plain(`${told.sign} ${told.kind} ${told.text}`), sentence);
    assert.deepEqual([others.length, told.t], [0, 1000]);
    const marks = changes.worker ? model.lane(changes.worker).marks : [];
    assert.deepEqual(marks.map((m) => plain(`${m.sign} ${m.kind} ${m.label}`)), mark ? [mark] : [], changes.what);
    assert.ok(marks.every((m) => m.t === 1000));
  }
});

test('the newest events are kept, the last one first', () => {
  const model = new Model(0);
  for (let i = 1; i <= 70; i++) model.take('worker', event({ what: 'worker_left', worker: `w${i}` }));
  assert.equal(model.events.length, 60);
  assert.equal(model.events[0].text, 'w70 left.');
  assert.equal(model.events[59].text, 'w11 left.');
  assert.equal(new Set(model.events.map((e) => e.id)).size, 60);
});

// ---- losses ----

const lost = (worker, t, trials, ranges = 1) =>
  event({ what: 'worker_lost', worker, reason: 'silent', time_ms: String(t), trials: String(trials), ranges });
const again = (worker, t, trials, first) =>
  event({ what: 'leased_again', worker, time_ms: String(t), trials: String(trials), first: String(first) });
const take = (model, ...list) => list.forEach((e) => model.take('worker', e));
const of = (model, name) => model.events.find((e) => e.text.startsWith(`${name} lost`));
const END = ' No trial counted twice, none lost.';

test('a loss is told once all of it was granted again, and to whom', () => {
  const model = new Model(0);
  take(model, lost('ada', 1000, 30, 2), again('bob', 1004, 10, 100));
  assert.equal(of(model, 'ada').text, `ada lost (silent). 2 ranges, 30 trials, went back.${END}`);
  const before = of(model, 'ada').id;
  take(model, again('eve', 1010, 10, 200), again('bob', 1012, 10, 300));
  assert.equal(of(model, 'ada').text, `ada lost (silent). 2 ranges granted again to bob, eve in 12 ms.${END}`);
  assert.ok(of(model, 'ada').id > before, 'it is drawn anew');
  assert.equal(model.events.length, 1);
  assert.deepEqual(model.lane('ada').returned.map((b) => [b.t, b.ranges, b.firsts]), [[1000, '2 ranges', ['100', '200', '300']]]);
  take(model, again('eve', 1020, 10, 400));
  assert.equal(model.events[0].text, 'eve computes again from trial 400.');
});

test('what is granted again is that of who was lost first', () => {
  const model = new Model(0);
  take(model, lost('ada', 1000, 10), lost('bob', 1500, 20), again('eve', 1600, 10, 0));
  assert.equal(of(model, 'ada').text, `ada lost (silent). 1 range granted again to eve in 600 ms.${END}`);
  assert.equal(of(model, 'bob').text, `bob lost (silent). 1 range, 20 trials, went back.${END}`);
  take(model, again('ida', 1700, 20, 10));
  assert.equal(of(model, 'bob').text, `bob lost (silent). 1 range granted again to ida in 200 ms.${END}`);
});

test('a loss of nothing and one of long ago wait for no one', () => {
  const model = new Model(0);
  take(model, lost('ada', 1000, 0, 0), lost('bob', 1000, 10), again('eve', 31000, 10, 7));
  assert.equal(of(model, 'ada').text, `ada lost (silent). It held nothing.${END}`);
  assert.deepEqual(model.lane('ada').returned, []);
  assert.equal(model.events[0].text, 'eve computes again from trial 7.');
  take(model, lost('bob', 40000, 10), again('eve', 69999, 10, 7));
  assert.match(of(model, 'bob').text, /granted again to eve in 29999 ms/);
  take(model, lost('ida', 70000, 10), again('eve', 70000, 10, 7));
  assert.match(of(model, 'ida').text, /in 1 ms/);
});

// ---- points ----

const points = (model) => model.points().map((p) => p.map(Number));

test('points are those of the history, each once, and the present one', () => {
  const model = new Model(0);
  assert.deepEqual(model.points(), []);
  model.take('hello', {
    status: status('250', '190'), workers: { workers: [] }, join: ['a line'], fetch: ['another'],
    history: { job: 'j-1', from: 0, points: [['100', '78'], ['200', '155']] },
  });
  assert.deepEqual(model.join, ['a line']);
  assert.deepEqual(model.fetch, ['another']);
  assert.deepEqual(points(model), [[100, 78], [200, 155], [250, 190]]);
  model.take('history', { job: 'j-1', from: 2, points: [['300', '236']] });
  assert.deepEqual(points(model), [[100, 78], [200, 155], [300, 236]]);
  model.take('tick', status('300', '236'));
  assert.deepEqual(points(model), [[100, 78], [200, 155], [300, 236]]);
  model.take('history', { job: 'j-1', from: 1, points: [['220', '171'], ['320', '250']] });
  assert.deepEqual(points(model), [[100, 78], [220, 171], [320, 250]]);
  model.take('tick', status('18446744073709551615', '14488038916154245685'));
  assert.deepEqual(model.points().at(-1), [18446744073709551615n, 14488038916154245685n]);
});

test('another job begins with points of its own', () => {
  const model = new Model(0);
  model.take('history', { job: 'j-1', from: 0, points: [['100', '78']] });
  model.take('tick', status('50', '40', 'j-2'));
  assert.deepEqual(points(model), [[50, 40]]);
  model.take('history', { job: 'j-2', from: 0, points: [['40', '33']] });
  assert.deepEqual(points(model), [[40, 33], [50, 40]]);
  model.take('tick', { time_ms: '1', job: null });
  assert.deepEqual(model.points(), []);
});

// ---- workers ----

test('the time is that of the coordinator', () => {
  const model = new Model(700);
  time.now = 300;
  assert.equal(model.now(), 1000);
  model.take('tick', status('1', '1'));
  assert.equal(model.now(), 5000);
  time.now = 550;
  assert.equal(model.now(), 5250);
  time.now = 0;
});

test('a name has one row: of who is there, before who was', () => {
  const model = new Model(0);
  model.take('workers', { workers: [row('w10'), row('w9', { state: 'idle' }), row('ada', { trials: '7' }), row('ada', { state: 'lost', trials: '3' })] });
  assert.deepEqual(model.workers.map((w) => [w.name, w.state]), [['ada', 'busy'], ['w9', 'idle'], ['w10', 'busy']]);
  model.take('workers', { workers: [row('ada', { state: 'lost' }), row('ada', { trials: '7' })] });
  assert.deepEqual(model.workers.map((w) => w.state), ['busy']);
  for (const state of ['lost', 'left', 'kicked', 'banned']) {
    model.take('workers', { workers: [row('ada', { state: 'silent' }), row('ada', { state })] });
    assert.deepEqual(model.workers.map((w) => w.state), ['silent']);
  }
});

test('a rate counts while its worker works', () => {
  const model = new Model(1000);
  const states = ['busy', 'draining', 'idle', 'silent', 'lost'];
  model.take('workers', { workers: states.map((state, i) => row(state, { state, rate: 10 + i })) });
  assert.deepEqual([...model.rates[0].of], [['busy', 10], ['draining', 11], ['idle', 0], ['lost', 0], ['silent', 0]]);
});

test('a minute is kept of lanes and rates', () => {
  const model = new Model(0);
  const second = (s, names) => {
    time.now = 1000 * s;
    model.take('workers', { workers: names.map((name) => row(name, { trials: String(s) })) });
  };
  second(0, ['ada', 'bob']);
  take(model, lost('bob', 500, 9), event({ what: 'worker_joined', worker: 'ada', time_ms: '30000' }));
  for (let s = 1; s <= 60; s++) second(s, ['ada']);
  assert.deepEqual([model.lane('ada').samples.length, model.rates.length], [61, 61]);
  assert.deepEqual([...model.lanes.keys()], ['ada', 'bob']);
  assert.deepEqual(model.lane('bob').returned.length, 1);
  for (let s = 61; s <= 75; s++) second(s, ['ada']);
  const { samples, marks } = model.lane('ada');
  assert.deepEqual([samples[0].t, samples[1].t, samples.at(-1).t], [14000, 15000, 75000]);
  assert.deepEqual([samples[0].trials, samples.at(-1).trials], [14, 75]);
  assert.equal(model.rates[0].t, 13000);
  assert.equal(marks.length, 1);
  assert.deepEqual([...model.lanes.keys()], ['ada'], 'bob is of before');
  for (let s = 76; s <= 95; s++) second(s, ['ada']);
  assert.equal(model.lane('ada').marks.length, 0);
  time.now = 0;
});

test('past moments come before the present one, each at its time', () => {
  const model = new Model(0);
  time.now = 90000;
  for (const [t, trials] of [[70000, '5'], [80000, '9']]) model.takeWorkers([row('ada', { trials, rate: t })], t);
  model.takeWorkers([row('ada', { trials: '11', rate: 3 })]);
  assert.deepEqual(model.lane('ada').samples.map((s) => [s.t, s.trials]), [[70000, 5], [80000, 9], [90000, 11]]);
  assert.deepEqual(model.rates.map((r) => [r.t, r.of.get('ada')]), [[70000, 70000], [80000, 80000], [90000, 3]]);
});
