// SPDX-License-Identifier: MIT
//
// Panel 2: the estimate and its 95 % band over the number of trials; or, in its other
// tab, the error, which is the one thing here that looks at the true pi.  Of a program
// nobody knows what is true: there is no error then.  On demand a second band, of the
// interval that holds at all moments.

/* global uPlot */
import { anytime } from './anytime.js';
import { theme } from './canvas.js';
import { estimate, round, si } from './numbers.js';

const place = document.getElementById('funnel');
const note = document.getElementById('funnel-note');
const GUIDE = 1.96 * 4 * Math.sqrt((Math.PI / 4) * (1 - Math.PI / 4));
const ONE = 65536; // what a score of 1 counts
const FRAME = 0.2; // of the way: there the band just fills the height

let chart = null;
let shape = '';
let asked = false; // for the error
let known = true; // is the truth
let error = false;
let any = false; // the second band is shown

function rows(points, job) {
  const one = job?.score ? ONE : 1;
  const scale = job?.program ? job.scale : 4;
  return points.filter(([n]) => n > 0n).map(([n, hits]) => {
    const { pi, low, high } = estimate(n, Number(hits) / one);
    const outer = any ? anytime(hits, n * BigInt(one), n) : {};
    return {
      n: Number(n), pi: (scale / 4) * pi, low: (scale / 4) * low, high: (scale / 4) * high,
      anyLow: scale * outer.low, anyHigh: scale * outer.high,
    };
  });
}

// Powers of ten, every so many that they have room; where they are few what lies between.
function marks(u, axis, low, high) {
  const most = Math.max(2, Math.floor(u.width / theme.size / 6));
  const decades = Math.log10(high / low);
  const each = Math.max(1, Math.ceil(decades / most));
  const steps = decades * 3 < most ? [1, 2, 5] : [1];
  const list = [];
  for (let e = Math.ceil(Math.floor(Math.log10(low)) / each) * each; 10 ** e <= high; e += each)
    for (const m of steps)
      if (m * 10 ** e >= low && m * 10 ** e <= high) list.push(m * 10 ** e);
  return list.length ? list : [low];
}

// As wide as the longest of its texts.
const widthOf = (u, values) => theme.size * (1.2 + 0.6 * Math.max(3, ...(values ?? []).map((v) => String(v ?? '').length)));

function axes(xValues, yValues) {
  const common = { stroke: theme.soft, font: theme.font, labelFont: theme.font, grid: { stroke: theme.line, width: 0.5 }, ticks: { stroke: theme.line, width: 1, size: theme.size * 0.4 }, gap: theme.size * 0.3 };
  return [
    { ...common, values: xValues, splits: marks, space: theme.size * 6, size: theme.size * 2 },
    { ...common, values: yValues, space: theme.size * 2, size: widthOf },
  ];
}

const trialsAxis = (u, splits) => splits.map((v) => (v === null ? '' : round(v)));
const span = { time: false, distr: 3, range: (u, low, high) => [low, Math.max(high, 1.01 * low)] };

function range(u, low, high) {
  const [xs, , low1, high1, , lows = low1, highs = high1] = u.data;
  if (!xs.length) return [3, 3.3];
  const reach = Math.log(xs[0]) + FRAME * (Math.log(xs[xs.length - 1]) - Math.log(xs[0]));
  const i = Math.min(xs.findIndex((x) => Math.log(x) >= reach), xs.length - 1);
  const middle = u.data[1][xs.length - 1];
  const half = 1.15 * Math.max(highs[i] - middle, middle - lows[i], 1e-15);
  return Number.isFinite(half) ? [middle - half, middle + half] : [low, high];
}

function decimals(u, splits, axis, space, step) {
  const n = Math.min(15, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
  return splits.map((v) => v.toFixed(n));
}

function funnelOptions(size) {
  const edge = { stroke: theme.inside, width: 1, points: { show: false } };
  const outer = { ...edge, dash: [2, 4] };
  return {
    ...size, legend: { show: false }, cursor: { show: false }, padding: [theme.size * 0.8, theme.size * 2, 0, 0],
    scales: { x: span, y: { range } },
    axes: axes(trialsAxis, decimals),
    series: [
      {},
      { stroke: theme.inside, width: 2.5, points: { show: false } },
      edge,
      edge,
      { stroke: theme.truth, width: 2, dash: [8, 6], points: { show: false } },
      ...(any ? [outer, outer] : []),
    ],
    bands: [{ series: [3, 2], fill: theme.band }, ...(any ? [{ series: [6, 5], fill: theme.band }] : [])],
  };
}

function errorOptions(size) {
  const powers = (u, splits) => splits.map((v) => (v === null ? '' : v.toExponential(0).replace('e-', 'e−').replace('e+', 'e')));
  return {
    ...size, legend: { show: false }, cursor: { show: false }, padding: [theme.size * 0.8, theme.size * 2, 0, 0],
    scales: { x: span, y: { distr: 3 } },
    axes: axes(trialsAxis, powers),
    series: [
      {},
      { stroke: theme.inside, width: 2.5, points: { show: true, size: 5, fill: theme.inside } },
      { stroke: theme.truth, width: 2, dash: [8, 6], points: { show: false } },
    ],
  };
}

function data(list) {
  const xs = list.map((r) => r.n);
  if (error)
    return [xs, list.map((r) => Math.abs(r.pi - Math.PI) || null), xs.map((n) => GUIDE / Math.sqrt(n))];
  return [
    xs, list.map((r) => r.pi), list.map((r) => r.low), list.map((r) => r.high), xs.map(() => (known ? Math.PI : null)),
    ...(any ? [list.map((r) => r.anyLow), list.map((r) => r.anyHigh)] : []),
  ];
}

export function drawFunnel(model) {
  const job = model.status?.job;
  if (known === Boolean(job?.program)) {
    known = !known;
    showError(asked);
  }
  const list = rows(model.points(), job);
  const { clientWidth: width, clientHeight: height } = place;
  if (list.length === 0) { // of another job
    chart?.destroy();
    chart = null;
  }
  if (!window.uPlot || width < 40 || height < 40 || list.length === 0) return;
  const now = [error, any, theme.panel, theme.size].join();
  if (!chart || shape !== now) {
    chart?.destroy();
    shape = now;
    const options = (error ? errorOptions : funnelOptions)({ width, height });
    chart = new uPlot(options, data(list), place);
  } else {
    if (chart.width !== width || chart.height !== height) chart.setSize({ width, height });
    chart.setData(data(list));
  }
}

export function showError(on) {
  asked = on;
  error = on && known;
  if (!known) {
    note.replaceChildren(bands(), element('span', 'Each digit more costs 100 × the work.'));
    note.lastChild.className = 'more';
    return;
  }
  note.replaceChildren(...(on
    ? [element('b', 'This looks at the true π: '), 'how far off the estimate is. ',
      element('span', 'Dashed: the 95 % bound, 3.22 / √n.')]
    : [element('b', 'Dashed: the true π'), ', to compare with. ', bands(),
      element('span', 'Each digit more costs 100 × the work.')]));
  note.lastChild.className = 'more';
}

// What each band promises, and what it costs.
const bands = () => (any
  ? 'Inner band: 95 % for one look; outer: 95 % however often you look and whenever you stop, at two to three times the width. '
  : 'Band: 95 % interval. ');

export function showAny(on) {
  any = on;
  showError(asked);
}

function element(tag, text) {
  const e = document.createElement(tag);
  e.textContent = text;
  return e;
}

export function funnelTable(model) {
  return {
    head: ['trials', 'estimate', 'low', 'high', ...(any ? ['low at all times', 'high at all times'] : [])],
    rows: rows(model.points(), model.status?.job).reverse().map((r) =>
      [si(r.n), r.pi.toFixed(9), r.low.toFixed(9), r.high.toFixed(9),
        ...(any ? [r.anyLow.toFixed(9), r.anyHigh.toFixed(9)] : [])]),
  };
}
