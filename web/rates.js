// SPDX-License-Identifier: MIT
//
// Panel 5: trials a second as the workers measure them, stacked, over the same minute as
// the lanes above it.

import { begin, fit, stepFor, theme } from './canvas.js';
import { timeAxis } from './lanes.js';
import { round, shorten, si } from './numbers.js';

const canvas = document.getElementById('rates');
const legend = document.getElementById('legend');
const MOST = 8; // workers with a colour of their own
const STAYS = 1.3; // times its rate counts who has a colour, so that colours rest
const OTHERS = '';
const PAST_OTHERS = '(others)'; // of a past that was told in short
const LETTERS = 16; // of a name in the legend

const tones = new Map(); // name -> which colour, while it is one of the largest
let told = '';

const toneOf = (name) => (name === OTHERS ? theme['tone-0'] : theme[`tone-${tones.get(name) + 1}`]);
const naturally = (a, b) => a.localeCompare(b, 'en', { numeric: true });

// The names of the largest in the list, in order; who comes in gets a colour that is free.
function largest(list) {
  const sums = new Map();
  for (const { of } of list) for (const [name, rate] of of) if (name !== PAST_OTHERS) sums.set(name, (sums.get(name) ?? 0) + rate);
  const size = (name) => sums.get(name) * (tones.has(name) ? STAYS : 1);
  const names = [...sums.keys()].sort((a, b) => size(b) - size(a) || naturally(a, b)).slice(0, MOST).sort(naturally);
  for (const name of tones.keys()) if (!names.includes(name)) tones.delete(name);
  for (const name of names) {
    const used = new Set(tones.values());
    if (!tones.has(name)) tones.set(name, [...Array(MOST).keys()].find((k) => !used.has(k)));
  }
  return { names, others: sums.size > names.length || list.some(({ of }) => of.has(PAST_OTHERS)) };
}

// The same, with all others as one.
function gather(list, names) {
  return list.map(({ t, of }) => {
    const all = new Map(names.map((name) => [name, of.get(name) ?? 0]));
    const own = [...all.values()].reduce((a, b) => a + b, 0);
    return { t, of: all.set(OTHERS, [...of.values()].reduce((a, b) => a + b, 0) - own) };
  });
}

function drawLegend(names, others) {
  const now = [theme.panel, others, ...names.map((name) => name + tones.get(name))].join();
  if (now === told) return;
  told = now;
  legend.replaceChildren(...[...names, ...(others ? [OTHERS] : [])].map((name) => {
    const item = document.createElement('li');
    const mark = document.createElement('i');
    mark.style.background = toneOf(name);
    item.title = name;
    item.append(mark, name === OTHERS ? 'others' : shorten(name, LETTERS));
    return item;
  }));
}

function grid(g, axis, w, base, most) {
  const y = (rate) => base - (rate / most) * (base - theme.size);
  const step = stepFor(most, Math.max(1, Math.min(5, Math.floor(base / theme.size / 2))));
  for (let rate = 0; rate <= most; rate += step) {
    g.fillStyle = theme.line;
    g.fillRect(axis.x0, y(rate), w - axis.x0 - 4, 1);
    g.fillStyle = theme.soft;
    g.textAlign = 'end';
    g.fillText(rate ? `${round(rate)}/s` : '0', axis.x0 - 6, y(rate));
  }
  g.textAlign = 'start';
  return y;
}

function layer(g, axis, y, tops, bottoms, times) {
  g.beginPath();
  times.forEach((t, i) => {
    const x = Math.max(axis.x0, axis.x(t));
    if (i === 0) g.moveTo(x, y(tops[i]));
    else {
      g.lineTo(x, y(tops[i - 1])); // a rate holds until the next is known
      g.lineTo(x, y(tops[i]));
    }
  });
  for (let i = times.length - 1; i >= 0; i--) {
    const x = Math.max(axis.x0, axis.x(times[i]));
    g.lineTo(x, y(bottoms[i]));
    if (i > 0) g.lineTo(x, y(bottoms[i - 1]));
  }
  g.closePath();
  g.fill();
  g.stroke();
}

function drawName(g, axis, w, { name, top, bottom }) {
  if (bottom - top < theme.size * 1.35) return;
  const text = fit(g, name, (w - axis.x0) / 3, true);
  const width = g.measureText(text).width;
  g.fillStyle = theme.panel;
  g.fillRect(w - width - 14, (top + bottom) / 2 - theme.size * 0.6, width + 8, theme.size * 1.2);
  g.fillStyle = theme.text;
  g.fillText(text, w - width - 10, (top + bottom) / 2 + 0.5);
}

function drawStack(g, axis, w, list, names, y) {
  const times = list.map((r) => r.t);
  const end = list.length - 1;
  const labels = [];
  let bottoms = list.map(() => 0);
  g.strokeStyle = theme.panel;
  g.lineWidth = 1;
  for (const name of names) {
    const tops = list.map((r, i) => bottoms[i] + r.of.get(name));
    g.fillStyle = toneOf(name);
    g.globalAlpha = 0.8;
    layer(g, axis, y, tops, bottoms, times);
    g.globalAlpha = 1;
    labels.push({ name: name || 'others', top: y(tops[end]), bottom: y(bottoms[end]) });
    bottoms = tops;
  }
  for (const one of labels) drawName(g, axis, w, one);
}

export function drawRates(model) {
  const { names, others } = largest(model.rates);
  drawLegend(names, others);
  const room = begin(canvas);
  if (!room || model.rates.length === 0) return;
  const { g, w, h } = room;
  const now = model.now();
  const list = gather([...model.rates, { ...model.rates[model.rates.length - 1], t: now }], names);
  const sums = list.map((r) => [...r.of.values()].reduce((a, b) => a + b, 0));
  const most = 1.08 * Math.max(1, ...sums);
  const axis = timeAxis(g, w, h, now);
  if (most > 1.08) drawStack(g, axis, w, list, [...names, ...(others ? [OTHERS] : [])], grid(g, axis, w, h - theme.size * 1.6, most));
  else {
    g.fillStyle = theme.soft;
    g.fillText('nobody computes', axis.x0, h / 3);
  }
  canvas.setAttribute('aria-label', `Trials a second, stacked by worker: ${si(sums[sums.length - 1])} in all now`);
}

export function ratesTable(model) {
  const last = model.rates[model.rates.length - 1];
  return {
    head: ['worker', 'trials/s now', 'a minute ago'],
    rows: [...(last?.of ?? [])].map(([name, rate]) => [name, si(rate), si(model.rates[0].of.get(name) ?? 0)]),
  };
}
