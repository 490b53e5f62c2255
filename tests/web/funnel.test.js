// SPDX-License-Identifier: MIT
//
// Panel 2: what is handed to the chart.

import assert from 'node:assert/strict';
import test from 'node:test';
import { at, cells } from './lib/document.js';
import { vectors } from './lib/vectors.js';
import { readTheme } from '../../web/canvas.js';
import { drawFunnel, funnelTable, showAny, showError } from '../../web/funnel.js';
import { Model } from '../../web/model.js';

readTheme();
const charts = [];
globalThis.window = globalThis;
globalThis.uPlot = class {
  constructor(options, data, place) {
    Object.assign(this, { options, data, place, width: options.width, height: options.height, sizes: [] });
    charts.push(this);
  }

  setData(data) {
    this.data = data;
  }

  setSize(size) {
    Object.assign(this, size);
  }

  destroy() {
    this.destroyed = true;
  }
};

const near = (got, expected) => assert.ok(Math.abs(got - expected) <= 1e-13 * Math.abs(expected), `${got} instead of ${expected}`);
// From the shared answers: what grows from 65,536 trials on.
const KNOWN = vectors('estimates.txt', 11).filter(([hits, trials]) => Number(trials) > 1e4 && Number(hits) < 2e11);
KNOWN.sort((a, b) => Number(a[1]) - Number(b[1]));

function modelOf(points) {
  const model = new Model(0);
  model.take('history', { job: 'j-1', from: 0, points });
  const [done, hits] = points.at(-1) ?? ['0', '0'];
  model.take('tick', { time_ms: '0', job: { id: 'j-1', done, hits } });
  return model;
}

const known = modelOf(KNOWN.map(([hits, trials]) => [trials, hits]));

test('nothing is drawn of nothing, nor without room', () => {
  drawFunnel(modelOf([]));
  drawFunnel(modelOf([['0', '0']]));
  at('funnel').clientHeight = 39;
  drawFunnel(known);
  at('funnel').clientHeight = 200;
  assert.equal(charts.length, 0);
});

test('estimate, both ends and the true pi, over trials', () => {
  drawFunnel(known);
  assert.equal(charts.length, 1);
  const { options, data } = charts[0];
  assert.equal(data.length, 5);
  KNOWN.forEach(([, trials, pi, , low, high], i) => {
    assert.equal(data[0][i], Number(trials));
    near(data[1][i], Number(pi));
    near(data[2][i], Number(low));
    near(data[3][i], Number(high));
    assert.equal(data[4][i], Math.PI);
  });
  assert.equal(data[0].length, KNOWN.length);
  assert.deepEqual([options.width, options.height], [600, 200]);
  assert.deepEqual(options.series.map((s) => s.stroke), [undefined, 'inside', 'inside', 'inside', 'truth']);
  assert.deepEqual(options.bands, [{ series: [3, 2], fill: 'band' }]);
});

// A band that narrows: a fifth of the way from 100 to 1e7 (logarithms) is at 1000.
test('the height is that of the band a fifth of the way from the left', () => {
  const { range } = charts[0].options.scales.y;
  const data = [[100, 1001, 1e5, 1e7], [3.2, 3.1, 3.14, 3.1416], [2.8, 2.9, 3.13, 3.1414], [3.5, 3.3, 3.15, 3.1418]];
  const [low, high] = range({ data });
  near(low, 3.1416 - 1.15 * 0.2416);
  near(high, 3.1416 + 1.15 * 0.2416);
  assert.deepEqual(range({ data: [[], [], [], []] }), [3, 3.3]);
});

test('marks are powers of ten, and some between where they are few', () => {
  const { axes, scales } = charts[0].options;
  const [x, y] = axes;
  const u = { width: 600 };
  const rounded = (list) => list.map((v) => Number(v.toPrecision(6)));
  assert.deepEqual(rounded(x.splits(u, 0, 65536, 1e12)), [1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12]);
  assert.deepEqual(rounded(x.splits({ width: 300 }, 0, 65536, 1e12)), [1e6, 1e8, 1e10, 1e12], 'as many as have room');
  assert.deepEqual(rounded(x.splits(u, 0, 15, 999)), [20, 50, 100, 200, 500]);
  assert.deepEqual(x.values(null, [1e6, null, 2e9]), ['1\u202fM', '', '2\u202fG']);
  assert.deepEqual(y.values(null, [3.1, 3.15], 1, 0, 0.05), ['3.10', '3.15']);
  assert.deepEqual(y.values(null, [3, 4], 1, 0, 1), ['3', '4']);
  assert.deepEqual(y.values(null, [3.1415], 1, 0, 0.001), ['3.142']);
  assert.deepEqual(scales.x.range(null, 10, 1000), [10, 1000]);
  assert.deepEqual(scales.x.range(null, 1000, 1000), [1000, 1010]);
});

test('the chart is kept while only its points and its size change', () => {
  at('funnel').clientWidth = 500;
  drawFunnel(modelOf([['100', '78'], ['200', '155']]));
  assert.equal(charts.length, 1);
  assert.deepEqual([charts[0].width, charts[0].height, charts[0].data[0]], [500, 200, [100, 200]]);
});

test('the error is how far off it is, beside the bound', () => {
  showError(true);
  assert.match(at('funnel-note').textContent, /^This looks at the true π: how far off the estimate is\. Dashed: the 95 % bound, 3\.22 \/ √n\.$/);
  drawFunnel(modelOf([['100', '78'], ['10000', '7900']]));
  assert.ok(charts[0].destroyed);
  const { data, options } = charts[1];
  near(data[1][0], Math.PI - 3.12);
  near(data[1][1], 3.16 - Math.PI);
  assert.ok(Math.abs(data[2][0] - 0.322) < 1e-3 && Math.abs(data[2][1] - 0.0322) < 1e-4);
  assert.deepEqual(options.series.map((s) => s.stroke), [undefined, 'inside', 'truth']);
  assert.deepEqual(options.axes[1].values(null, [1e-5, null, 0.01, 100]), ['1e−5', '', '1e−2', '1e2']);
  showError(false);
  assert.match(at('funnel-note').textContent, /^Dashed: the true π, to compare with\. Band: 95 % interval\. /);
  drawFunnel(known);
  assert.equal(charts[2].data.length, 5);
});

test('the table has the newest first', () => {
  const table = funnelTable(modelOf([['0', '0'], ['10', '8'], ['1000000', '785477']]));
  assert.deepEqual(table.head, ['trials', 'estimate', 'low', 'high']);
  assert.deepEqual(cells(table), [
    ['1.00\u202fM', '3.141908000', '3.138685426', '3.145121801'], ['10', '3.200000000', '1.960649886', '3.773271394']]);
});

test('the second band is that of all moments, where it is asked for', () => {
  showError(false);
  drawFunnel(known);
  assert.equal(charts.at(-1).data.length, 5);
  showAny(true);
  drawFunnel(known);
  const { options, data } = charts.at(-1);
  assert.equal(data.length, 7);
  const rows = new Map(vectors('anytime.txt', 40).map(([hits, most, n, ...ends]) => [`${hits} ${n} ${most}`, ends]));
  let compared = 0;
  KNOWN.forEach(([hits, trials], i) => {
    const ends = rows.get(`${hits} ${trials} ${trials}`);
    if (!ends) return;
    compared++;
    assert.ok(Math.abs(data[5][i] - 4 * ends[0]) < 1e-11 && Math.abs(data[6][i] - 4 * ends[1]) < 1e-11);
  });
  assert.ok(compared >= 5, `${compared}`);
  assert.ok(data[0].every((n, i) => data[5][i] < data[2][i] && data[3][i] < data[6][i]));
  assert.deepEqual(options.bands, [{ series: [3, 2], fill: 'band' }, { series: [6, 5], fill: 'band' }]);
  assert.deepEqual(options.scales.y.range({ data }, 0, 1).length, 2);
  const said = at('funnel-note').textContent;
  assert.match(said, /Inner band: 95 % for one look; outer: 95 % however often you look and whenever you stop, at two to three times the width\./);
  const { head, rows: told } = funnelTable(known);
  assert.deepEqual(head.slice(4), ['low at all times', 'high at all times']);
  assert.equal(told[0].length, 6);
  showAny(false);
  drawFunnel(known);
  assert.equal(charts.at(-1).data.length, 5);
});

test('scores and scales have it too', () => {
  const model = new Model(0);
  model.take('history', { job: 'j-1', from: 0, points: [['1000', '12345678']] });
  model.take('tick', { time_ms: '0', job: { id: 'j-1', done: '1000', hits: '12345678', program: 'walk', scale: 2, score: true } });
  showAny(true);
  drawFunnel(model);
  const { data } = charts.at(-1);
  near(data[5][0], 2 * 0.14667963717457717);
  near(data[6][0], 2 * 0.23543443701520717);
  showAny(false);
});
