// SPDX-License-Identifier: MIT
//
// The whole page before events that are made up: keys, buttons, what is drawn when.

import assert from 'node:assert/strict';
import test, { mock } from 'node:test';
import { at, drawn, time } from './lib/document.js';

mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
const root = document.documentElement;
const keys = [];
const media = {};
let source;
let resized;
Object.assign(globalThis, {
  window: globalThis,
  location: { search: '?view=stage&hz=2&theme=dark', protocol: 'http:', host: 'localhost:31415', hostname: 'localhost', pathname: '/' },
  matchMedia: (query) => (media[query] ??= { matches: false }),
  addEventListener: (name, listener) => keys.push(listener),
  ResizeObserver: class {
    constructor(redraw) {
      resized = redraw;
    }

    observe(element) {
      this.element = element;
    }
  },
  Worker: class {
    postMessage() {}
  },
  EventSource: class {
    constructor(url) {
      Object.assign(this, { url, listeners: {} });
      source = this;
    }

    addEventListener(name, listener) {
      this.listeners[name] = listener;
    }

    close() {}
  },
});
const answers = {};
const asked = [];
globalThis.fetch = async (path) => asked.push(path) && ({ ok: path in answers, status: path in answers ? 200 : 404, json: async () => answers[path] });
// What was asked for has come, and modules that it needs.
const settle = async () => {
  for (let i = 0; i < 20; i++) await new Promise((done) => setImmediate(done));
};
await import('../../web/app.js');

const CALM = '(prefers-reduced-motion: reduce)';
const DARK = '(prefers-color-scheme: dark)';
const send = (name, data) => source.listeners[name]({ data: JSON.stringify(data) });
const status = (done) => ({
  time_ms: '1000', workers: 3, audit_help: '',
  job: { id: 'j-1', uid: 'u', name: '', state: 'running', reason: '', doubt: '', trials: '1000', done: String(done), hits: '0',
    rate: 5, pi: 3.14, ci_low: 3.1, ci_high: 3.2, for_ms: '0', elapsed_ms: '0' },
});
const row = { name: 'ada', state: 'busy', trials: '7', rate: 20000, threads: 2, last_seen_ms: '0' };
const hello = { status: status(1), workers: { workers: [row] }, history: { job: 'j-1', from: 0, points: [] }, join: [], fetch: [] };

function press(key, changes) {
  let taken = false;
  keys[0]({ key, preventDefault: () => void (taken = true), ...changes });
  return taken;
}

// What has been drawn since the last question.
function seen() {
  const list = ['circle', 'lanes', 'rates'].filter((id) => drawn(id).length > 0);
  if (at('job').textContent) list.unshift('headline');
  at('job').textContent = '';
  return list.join(' ');
}

const ALL = 'headline circle lanes rates';
const MOVES = 'headline lanes rates';

test('it begins as its address says', () => {
  assert.equal(source.url, 'api/v1/events?hz=2');
  assert.ok(root.classList.contains('dark') && root.classList.contains('stage'));
  assert.equal(at('stage').attributes['aria-pressed'], 'true');
  assert.match(at('funnel-note').textContent, /^Dashed/);
  seen();
});

test('first the number, and then the rest', () => {
  send('hello', hello);
  assert.equal(seen(), 'headline');
  mock.timers.tick(0);
  assert.equal(seen(), ALL);
  assert.equal(at('feed').textContent, 'live');
  assert.ok(!at('feed').classList.contains('off'));
  assert.deepEqual(at('fleet').rows.map((r) => r.textContent), ['ada● busy220.0\u202fk/s7']);
});

test('what moves is drawn with each tick, the rest once a second', () => {
  time.now = 500;
  send('tick', status(2));
  assert.equal(seen(), MOVES);
  assert.equal(at('trials').textContent, '2');
  time.now = 960;
  send('tick', status(3));
  assert.equal(seen(), ALL);
  document.hidden = true;
  time.now = 3000;
  send('tick', status(4));
  assert.equal(seen(), '');
  document.hidden = false;
  media[CALM].matches = true;
  send('tick', status(5));
  assert.equal(seen(), ALL);
  time.now = 3500;
  send('tick', status(6));
  assert.equal(seen(), '');
  media[CALM].matches = false;
  resized();
  assert.equal(seen(), ALL);
});

test('paused, nothing moves, and then all is there', () => {
  assert.ok(press('p'));
  assert.deepEqual([at('pause').textContent.trim(), at('pause').attributes['aria-pressed']], ['Go on p', 'true']);
  send('tick', status(70));
  assert.equal(seen(), '');
  mock.timers.tick(10000);
  assert.equal(at('summary').textContent, '');
  at('pause').onclick();
  assert.equal(at('pause').textContent.trim(), 'Pause p');
  assert.equal(seen(), ALL);
  assert.equal(at('trials').textContent, '70');
  mock.timers.tick(10000);
  assert.match(at('summary').textContent, /^Pi is 3\..* after 70 trials; 3 workers/);
});

const alone = () => document.querySelectorAll('section.shown').map((s) => s.id);

test('each number shows its panel alone, and again all', () => {
  for (let n = 1; n <= 7; n++) {
    assert.ok(press(String(n)));
    assert.deepEqual([alone(), root.classList.contains('alone')], [[`panel-${n}`], true]);
  }
  press('7');
  assert.deepEqual([alone(), root.classList.contains('alone')], [[], false]);
  press('2');
  press('Escape');
  assert.deepEqual([alone(), root.classList.contains('alone')], [[], false]);
  for (const key of ['0', '8', 'x', 'toString']) assert.ok(!press(key), key);
});

test('keys of the browser and of a dialog are left alone', () => {
  for (const held of ['ctrlKey', 'altKey', 'metaKey']) assert.ok(!press('3', { [held]: true }), held);
  assert.ok(press('?'));
  assert.ok(at('help').open);
  assert.ok(!press('3'));
  assert.deepEqual(alone(), []);
  document.querySelectorAll('[data-close]').forEach((button) => button.onclick());
  assert.ok(!at('help').open);
});

test('theme, stage and tab are chosen', () => {
  const { classList } = root;
  press('t');
  assert.ok(!classList.contains('dark'));
  at('theme').onclick();
  assert.ok(classList.contains('dark'));
  media[DARK].onchange();
  assert.ok(!classList.contains('dark'));
  press('s');
  assert.ok(!classList.contains('stage'));
  assert.equal(at('stage').attributes['aria-pressed'], 'false');
  const tabs = () => ['tab-funnel', 'tab-error'].map((id) => [at(id).attributes['aria-selected'], at(id).tabIndex]);
  press('e');
  assert.deepEqual(tabs(), [['false', -1], ['true', 0]]);
  assert.equal(at('funnel').attributes['aria-labelledby'], 'tab-error');
  assert.match(at('funnel-note').textContent, /^This looks at the true/);
  const arrow = document.querySelector('[role="tablist"]').listeners.keydown;
  arrow({ key: 'ArrowLeft' });
  assert.deepEqual(tabs(), [['true', 0], ['false', -1]]);
  assert.equal(document.activeElement, at('tab-funnel'));
  arrow({ key: 'ArrowUp' });
  assert.deepEqual(tabs(), [['true', 0], ['false', -1]]);
  at('tab-error').onclick();
  at('tab-error').onclick();
  assert.deepEqual(tabs(), [['false', -1], ['true', 0]]);
  at('tab-funnel').onclick();
  assert.deepEqual(tabs(), [['true', 0], ['false', -1]]);
});

test('an open table is the one of its panel, drawn again', () => {
  const details = document.querySelector('[data-table="rates"]');
  details.open = details.attributes.open = true;
  details.ontoggle();
  const rows = () => details.querySelector('table').rows.map((r) => r.cells.map((c) => c.textContent).join());
  assert.deepEqual(rows(), ['worker,trials/s now,a minute ago', 'ada,20.0\u202fk,20.0\u202fk']);
  send('workers', { workers: [{ ...row, rate: 5 }] });
  resized();
  assert.deepEqual(rows(), ['worker,trials/s now,a minute ago', 'ada,5,20.0\u202fk']);
  assert.equal(details.querySelectorAll('table').length, 1);
});

test('the second band comes and goes with its key, and takes the estimate along', () => {
  const on = () => [at('any').attributes['aria-pressed'], at('tab-error').attributes['aria-selected']].map(String);
  const outer = () => at('funnel-note').textContent.includes('outer');
  press('e');
  assert.ok(press('a'));
  assert.deepEqual([on(), outer()], [['true', 'false'], true]);
  at('any').onclick();
  assert.deepEqual([on(), outer()], [['false', 'false'], false]);
});

test('a lost connection shows', () => {
  source.onerror();
  assert.equal(at('feed').textContent, 'no connection to the coordinator; trying again');
  assert.ok(at('feed').classList.contains('off'));
});

const close = () => document.querySelectorAll('[data-close]').forEach((button) => button.onclick());
const how = () => at('join-how').children.map((e) => e.textContent);

test('who asks how to join is told, or by which command', async () => {
  send('hello', hello);
  assert.ok(press('j'));
  assert.ok(at('join').open && at('qr').hidden);
  assert.deepEqual(how().filter((line) => line.endsWith('Copy')), ['picoord --roomCopy', 'pictl token showCopy']);
  close();
});

const other = (id, changes) => ({ ...status(5).job, id, uid: id, trials: '10', done: '5', ...changes });
const chips = () => at('jobs').children.map((b) => [b.textContent.replaceAll('\u202f', ' '), b.attributes['aria-pressed']]);

test('every job is a key and a click away, and the running one is shown by default', async () => {
  answers['api/v1/jobs'] = { jobs: [other('j-0', { state: 'done', done: '10' }), status(9).job] };
  answers['api/v1/jobs/j-0'] = { job: other('j-0', { state: 'done', done: '10', doubt: 'wrong, pictl extend j-0' }), history: { job: 'j-0', points: [['10', '8']] } };
  send('job', { what: 'job_submitted', job: 'j-1', time_ms: '1000', ranges: 0 });
  assert.ok(at('jobs').hidden);
  mock.timers.tick(1000);
  await settle();
  resized();
  assert.ok(!at('jobs').hidden);
  assert.deepEqual(chips(), [['● j-1 0 %', 'true'], ['✓ j-0 π 3.140', 'false'], ['all 2 l', undefined]]);
  assert.ok(press('ArrowLeft'));
  await settle();
  assert.equal(at('job').textContent, 'j-0 done');
  assert.match(at('waiting').textContent, /in doubt: wrong, pictl extend j-0/);
  send('tick', status(11));
  assert.equal(at('job').textContent, 'j-0 done', 'it stays');
  at('jobs').children[0].onclick();
  await settle();
  assert.equal(at('job').textContent, 'j-1 running');
  assert.ok(press('l') && at('all-jobs').open);
  const lines = at('job-list').children.map((li) => li.textContent.replaceAll('\u202f', ' '));
  assert.deepEqual(lines, ['1  j-1 ● runningπ · 1 % · 11 trials · π ≈ 3.140 ± 0.050', '2  j-0 ✓ doneπ · 10 trials · π ≈ 3.140 ± 0.050']);
  press('2');
  await settle();
  assert.ok(!at('all-jobs').open);
  assert.equal(at('job').textContent, 'j-0 done');
  delete answers['api/v1/jobs/j-0'];
  press('ArrowRight');
  await settle();
  press('ArrowLeft');
  await settle();
  assert.equal(at('job').textContent, 'j-1 running', 'a job that is not there any more');
  asked.length = 0;
  mock.timers.tick(1000);
  await settle();
  assert.deepEqual(asked, [], 'nor is it asked for again');
});
