// SPDX-License-Identifier: MIT
//
// What the drawn panels share: sizes, colours, texts that fit.

import assert from 'node:assert/strict';
import test from 'node:test';
import { at, drawn } from './lib/document.js';
import { begin, cross, fit, places, readTheme, stepFor, theme } from '../../web/canvas.js';

test('colours and the size of texts are those of the style sheet', () => {
  readTheme();
  for (const name of ['page', 'panel', 'text', 'soft', 'line', 'inside', 'outside', 'ok', 'warn', 'lost', 'truth', 'band', 'tone-1', 'tone-8'])
    assert.equal(theme[name], name);
  assert.equal(theme.size, 10);
  assert.match(theme.font, /^10px /);
});

test('a canvas is as large as its place, in pixels of the screen', () => {
  const canvas = at('rates');
  const place = canvas.parentElement;
  Object.assign(place, { clientWidth: 301, clientHeight: 99 });
  for (const [ratio, used] of [[1, 1], [1.5, 1.5], [3, 2]]) {
    globalThis.devicePixelRatio = ratio;
    const { w, h } = begin(canvas);
    assert.deepEqual([w, h], [301, 99]);
    assert.deepEqual([canvas.width, canvas.height], [Math.round(301 * used), Math.round(99 * used)]);
    assert.deepEqual([canvas.style.width, canvas.style.height], ['301px', '99px']);
    const [transform, clear] = drawn('rates');
    assert.deepEqual(transform.args, [used, 0, 0, used, 0, 0]);
    assert.deepEqual([clear.name, ...clear.args], ['clearRect', 0, 0, 301, 99]);
  }
  globalThis.devicePixelRatio = 1;
  place.clientHeight = 9;
  assert.equal(begin(canvas), null);
  Object.assign(place, { clientWidth: 9, clientHeight: 99 });
  assert.equal(begin(canvas), null);
});

test('a cross is two strokes', () => {
  const g = at('lanes').getContext();
  cross(g, 10, 20, 3);
  assert.deepEqual(drawn('lanes').map(({ name, args }) => [name, ...args]), [
    ['moveTo', 7, 17], ['lineTo', 13, 23], ['moveTo', 13, 17], ['lineTo', 7, 23]]);
});

test('a text is cut to what fits, with its ellipsis', () => {
  const g = at('lanes').getContext();
  assert.equal(fit(g, 'abcdef', 36), 'abcdef');
  assert.equal(fit(g, 'abcdef', 35), 'abcd…');
  assert.equal(fit(g, 'abcdef', 30), 'abcd…');
  assert.equal(fit(g, 'abcdef', 29), 'abc…');
  assert.equal(fit(g, 'abcdef', 1), 'a…');
  assert.equal(fit(g, 'lab-host-0017', 54, true), 'lab-h…017', 'a name keeps its end');
});

test('lines of a grid are 1, 2 or 5 times a power of ten apart', () => {
  assert.deepEqual([stepFor(540, 5), stepFor(540, 2), stepFor(540, 1), stepFor(0.9, 4), stepFor(7, 7)], [200, 500, 1000, 0.5, 1]);
});

test('boxes lie on none that was taken', () => {
  const free = places();
  assert.deepEqual([free(0, 0, 10, 10), free(9, 9, 20, 20), free(10, 0, 20, 10), free(0, 10, 10, 20), free(15, 5, 16, 6)], [true, false, true, true, false]);
});
