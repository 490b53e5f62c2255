// SPDX-License-Identifier: MIT
//
// Panel 5: trials a second as the workers measure them, stacked, over the same minute as
// the lanes above it.

import { begin, fit, theme } from './canvas.js';
import { timeAxis } from './lanes.js';
import { round, si } from './numbers.js';

const canvas = document.getElementById('rates');
const TONES = ['inside', 'ok', 'truth', 'warn'];

const tones = new Map(); // name -> which, for good

function toneOf(name) {
  if (!tones.has(name)) tones.set(name, TONES[tones.size % TONES.length]);
  return theme[tones.get(name)];
}

const naturally = (a, b) => a.localeCompare(b, 'en', { numeric: true });

// 1, 2 or 5 times a power of ten, for so many lines at most.
function stepFor(most, lines) {
  const power = 10 ** Math.floor(Math.log10(most / lines));
  return [1, 2, 5, 10].map((m) => m * power).find((s) => most / s <= lines);
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

export function drawRates(model) {
  const room = begin(canvas);
  if (!room || model.rates.length === 0) return;
  const { g, w, h } = room;
  const now = model.now();
  const list = [...model.rates, { ...model.rates[model.rates.length - 1], t: now }];
  const times = list.map((r) => r.t);
  const names = [...new Set(list.flatMap((r) => [...r.of.keys()]))].sort(naturally);
  const sums = list.map((r) => [...r.of.values()].reduce((a, b) => a + b, 0));
  const most = 1.08 * Math.max(1, ...sums);
  const axis = timeAxis(g, w, h, now);
  const y = grid(g, axis, w, h - theme.size * 1.6, most);
  let bottoms = list.map(() => 0);
  g.strokeStyle = theme.panel;
  g.lineWidth = 1;
  const labels = [];
  for (const name of names) {
    const tops = list.map((r, i) => bottoms[i] + (r.of.get(name) ?? 0));
    g.fillStyle = toneOf(name);
    g.globalAlpha = 0.8;
    layer(g, axis, y, tops, bottoms, times);
    g.globalAlpha = 1;
    const end = list.length - 1;
    labels.push({ name, top: y(tops[end]), bottom: y(bottoms[end]) });
    bottoms = tops;
  }
  for (const { name, top, bottom } of labels) {
    if (bottom - top < theme.size * 1.35) continue;
    const text = fit(g, name, (w - axis.x0) / 3);
    const width = g.measureText(text).width;
    g.fillStyle = theme.panel;
    g.fillRect(w - width - 14, (top + bottom) / 2 - theme.size * 0.6, width + 8, theme.size * 1.2);
    g.fillStyle = theme.text;
    g.fillText(text, w - width - 10, (top + bottom) / 2 + 0.5);
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
