// SPDX-License-Identifier: MIT
//
// Panel 7: trials a second by the number of threads that computed, each number for itself,
// beside the ideal: twice the threads, twice the trials.

import { begin, places, stepFor, theme } from './canvas.js';
import { round, si } from './numbers.js';

const canvas = document.getElementById('speedup');
const note = document.getElementById('speedup-note');
const LEAST_MS = 3000; // of counts, before they say something

// [{ threads, rate, now }], fewest threads first.
export function measured({ speeds }) {
  return [...speeds.of].map(([threads, { trials, ms }]) => ({ threads, ms, rate: (1000 * trials) / ms, now: threads === speeds.threads }))
    .filter((p) => p.ms >= LEAST_MS && p.rate > 0).sort((a, b) => a.threads - b.threads);
}

const many = (n) => `${n} thread${n === 1 ? '' : 's'}`;

export function sentenceOf(points) {
  const [first] = points;
  const last = points.find((p) => p.now && p !== first) ?? points.at(-1);
  if (!first) return 'A point for each number of threads.';
  if (first === last) return `${many(first.threads)}: ${si(first.rate)}/s. Dashed: ideal.`;
  const times = last.rate / first.rate;
  const ideal = last.threads / first.threads;
  return `${many(last.threads)}: ${times.toFixed(2)} times the rate of ${first.threads}, ideal is ${ideal.toFixed(2)}: efficiency ${Math.round((100 * times) / ideal)} %.`;
}

function axes(g, w, h, most, fastest) {
  const size = theme.size;
  const box = { x0: size * 5.2, y0: h - size * 1.7, x1: w - size, y1: size };
  const x = (threads) => box.x0 + (threads / most) * (box.x1 - box.x0);
  const y = (rate) => box.y0 - (rate / fastest) * (box.y0 - box.y1);
  const down = stepFor(fastest, Math.max(1, Math.min(5, Math.floor((box.y0 - box.y1) / size / 2))));
  g.textAlign = 'end';
  for (let rate = 0; rate <= fastest; rate += down) {
    g.fillStyle = theme.line;
    g.fillRect(box.x0, y(rate), box.x1 - box.x0, 1);
    g.fillStyle = theme.soft;
    g.fillText(rate ? `${round(rate)}/s` : '0', box.x0 - 6, y(rate));
  }
  g.textAlign = 'center';
  const along = Math.max(1, stepFor(most, Math.max(1, Math.floor((box.x1 - box.x0) / size / 4))));
  const free = places();
  for (let n = Math.floor(most / along) * along; n > 0; n -= along) {
    const text = n + along > most ? many(n) : String(n);
    const half = g.measureText(text).width / 2;
    const middle = Math.min(x(n), w - half - 2);
    if (free(middle - half - 4, 0, middle + half + 4, 1)) g.fillText(text, middle, h - size * 0.7);
  }
  g.textAlign = 'start';
  return { x, y };
}

export function drawSpeedup(model) {
  const points = measured(model);
  const said = sentenceOf(points);
  if (note.textContent !== said) note.textContent = said;
  const room = begin(canvas);
  if (!room) return;
  const { g, w, h } = room;
  if (!points.length) {
    g.fillStyle = theme.soft;
    g.textAlign = 'center';
    g.fillText('waits for counts', w / 2, h / 2);
    g.textAlign = 'start';
    return;
  }
  const [first] = points;
  const most = 1.1 * points.at(-1).threads;
  const ideal = first.rate / first.threads;
  const fastest = 1.08 * Math.max(ideal * most, ...points.map((p) => p.rate));
  const { x, y } = axes(g, w, h, most, fastest);
  g.strokeStyle = theme.truth;
  g.lineWidth = 2;
  g.setLineDash([8, 6]);
  g.beginPath();
  g.moveTo(x(0), y(0));
  g.lineTo(x(most), y(ideal * most));
  g.stroke();
  g.setLineDash([]);
  g.strokeStyle = g.fillStyle = theme.inside;
  g.beginPath();
  points.forEach((p, i) => (i ? g.lineTo(x(p.threads), y(p.rate)) : g.moveTo(x(p.threads), y(p.rate))));
  g.stroke();
  for (const p of points) {
    g.beginPath();
    g.arc(x(p.threads), y(p.rate), theme.size * (p.now ? 0.45 : 0.28), 0, 7);
    g.fill();
  }
  canvas.setAttribute('aria-label', `Trials a second by number of threads. ${said}`);
}

export function speedupTable(model) {
  const points = measured(model);
  const ideal = (p) => (points[0].rate / points[0].threads) * p.threads;
  return {
    head: ['threads', 'trials/s', 'ideal', 'efficiency'],
    rows: points.map((p) => [p.threads, si(p.rate), si(ideal(p)), `${Math.round((100 * p.rate) / ideal(p))} %`]),
  };
}
