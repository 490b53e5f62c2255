// SPDX-License-Identifier: MIT
//
// The connection to the coordinator, and what follows when it ends.

import assert from 'node:assert/strict';
import test, { mock } from 'node:test';
import { time } from './lib/document.js';
import { follow } from '../../web/feed.js';

const sources = [];
globalThis.EventSource = class {
  static CLOSED = 2;
  static OPEN = 1;

  constructor(url) {
    Object.assign(this, { url, readyState: 1, listeners: {}, closed: 0 });
    sources.push(this);
  }

  addEventListener(name, listener) {
    this.listeners[name] = listener;
  }

  close() {
    this.readyState = 2;
    this.closed++;
  }

  fail() {
    this.readyState = 2;
    this.onerror();
  }

  send(name, data) {
    this.listeners[name]({ data: JSON.stringify(data) });
  }
};

function begin() {
  sources.length = 0;
  time.now = 0;
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const got = [];
  const said = [];
  follow(4, (name, data) => got.push([name, data]), (text) => said.push(text));
  return { got, said, tick: (ms) => { time.now += ms; mock.timers.tick(ms); } };
}

test('each event is handed on, and the first says that it is live', () => {
  const { got, said } = begin();
  assert.deepEqual(sources.map((s) => s.url), ['api/v1/events?hz=4']);
  const names = ['hello', 'tick', 'workers', 'history', 'worker', 'ranges', 'job', 'coordinator'];
  assert.deepEqual(said, []);
  names.forEach((name, i) => sources[0].send(name, { i }));
  assert.deepEqual(got, names.map((name, i) => [name, { i }]));
  assert.deepEqual(said, ['']);
});

test('it is tried again, later each time, and at once after it has worked', () => {
  const { said, tick } = begin();
  for (const wait of [250, 500, 1000, 2000, 4000, 4000]) {
    const n = sources.length;
    sources.at(-1).fail();
    assert.equal(said.at(-1), 'no connection to the coordinator; trying again');
    tick(wait - 1);
    assert.equal(sources.length, n, `not before ${wait} ms`);
    tick(1);
    assert.equal(sources.length, n + 1, `after ${wait} ms`);
  }
  sources.at(-1).send('hello', {});
  assert.equal(said.at(-1), '');
  const n = sources.length;
  sources.at(-1).fail();
  tick(250);
  assert.equal(sources.length, n + 1);
  assert.ok(sources.slice(0, -1).every((s) => s.closed === 1), 'one connection at a time');
});

test('a coordinator that stops says so', () => {
  const { said, tick } = begin();
  sources[0].send('hello', {});
  sources[0].listeners.bye({ data: '' });
  assert.equal(said.at(-1), 'the coordinator has stopped; trying again');
  tick(250);
  assert.deepEqual([sources.length, sources[0].closed], [2, 1]);
});

test('silence of fifteen seconds is an end', () => {
  const { said, tick } = begin();
  tick(10000);
  sources[0].send('hello', {});
  for (let s = 0; s < 14; s++) tick(1000);
  sources[0].send('tick', {});
  for (let s = 0; s < 15; s++) tick(1000);
  assert.deepEqual([sources.length, said.at(-1)], [1, 'no news for 15 s']);
  tick(1000);
  assert.equal(said.at(-1), 'nothing heard from the coordinator; trying again');
  tick(250);
  assert.equal(sources.length, 2);
  for (let s = 0; s < 15; s++) tick(1000);
  assert.equal(sources.length, 2, 'a new one has its time');
});

test('silence is told after five seconds, and each second, until there is news', () => {
  const { said, tick } = begin();
  sources[0].send('hello', {});
  for (let s = 0; s < 4; s++) tick(1000);
  assert.deepEqual(said, ['']);
  for (let s = 0; s < 3; s++) tick(1000);
  assert.deepEqual(said, ['', 'no news for 5 s', 'no news for 6 s', 'no news for 7 s']);
  sources[0].send('tick', {});
  sources[0].send('tick', {});
  assert.deepEqual(said.slice(4), ['']);
  tick(4000);
  sources[0].fail();
  assert.equal(said.at(-1), 'no connection to the coordinator; trying again', 'at once');
  sources[0].readyState = 2;
  tick(100);
  assert.equal(said.length, 6);
});

test('who has slept connects again at once', () => {
  const { said, tick } = begin();
  sources[0].send('hello', {});
  const wall = Date.now();
  mock.method(Date, 'now', () => wall + 60000); // performance.now() has stood still
  tick(1000);
  assert.equal(said.at(-1), 'nothing heard from the coordinator; trying again');
  tick(250);
  assert.equal(sources.length, 2);
  Date.now.mock.restore();
});
