// SPDX-License-Identifier: MIT
//
// Panel 4: a lane for each worker, the last minute of it: what it has counted in blocks
// of a second, what it held when it was lost, what it computes in place of a lost one.

import { begin, fit, places, theme } from './canvas.js';
import { GONE, WINDOW_MS } from './model.js';
import { clock, si } from './numbers.js';

const canvas = document.getElementById('lanes');
const SIGNS = { busy: '●', idle: '○', draining: '▲', silent: '◌', lost: '✕', left: '◇', kicked: '⊘', banned: '⊘' };
const COLOURS = { busy: 'ok', idle: 'soft', draining: 'warn', silent: 'warn', lost: 'lost', left: 'soft', kicked: 'warn', banned: 'lost' };
const RETURNED_MS = 4000; // wide: what it held
const LEAST = 6; // pixels of a lane; where that is too much for all, the rest are one
const RANKS = { lost: 0, outside: 1 };

export const signOf = (state) => SIGNS[state] ?? '●';
export const colourOf = (state) => COLOURS[state] ?? 'soft';

// Where names end and time begins; lanes and rates stand above each other.
export const gutter = (w) => Math.round(Math.min(w * 0.28, theme.size * 9));

export function timeAxis(g, w, h, now, labels = true) {
  const x0 = gutter(w);
  const x = (t) => w - 4 - ((now - t) / WINDOW_MS) * (w - 4 - x0);
  if (!labels) return { x, x0 };
  g.fillStyle = theme.soft;
  g.textAlign = 'center';
  const room = (w - x0) / 4 > theme.size * 6;
  for (const s of room ? [45, 30, 15] : [30]) g.fillText(`${s}\u202fs ago`, x(now - 1000 * s), h - theme.size * 0.7);
  g.textAlign = 'end';
  g.fillText('now', w - 4, h - theme.size * 0.7);
  g.textAlign = 'start';
  return { x, x0 };
}

function blocks(g, lane, axis, y, height) {
  const { samples } = lane;
  for (let i = 1; i < samples.length; i++) {
    const counted = samples[i].trials - samples[i - 1].trials;
    const from = Math.max(axis.x0, axis.x(samples[i - 1].t));
    const width = axis.x(samples[i].t) - from;
    if (width <= 0) continue;
    g.fillStyle = theme.inside;
    if (counted > 0) g.fillRect(from + 0.5, y, Math.max(1, width - 1.5), height);
    else if (samples[i].state === 'busy') g.fillRect(from, y + height / 2 - 1, width, 2);
  }
}

// Of so many workers the part that has counted, second by second.
function blocksOfAll(g, lanes, axis, y, height) {
  const parts = new Map(); // since -> { until, busy }
  for (const { samples } of lanes)
    for (let i = 1; i < samples.length; i++) {
      const part = parts.get(samples[i - 1].t) ?? { until: samples[i].t, busy: 0 };
      part.busy += samples[i].trials > samples[i - 1].trials ? 1 : 0;
      parts.set(samples[i - 1].t, part);
    }
  g.fillStyle = theme.inside;
  for (const [since, { until, busy }] of parts) {
    const from = Math.max(axis.x0, axis.x(since));
    const part = (height * busy) / lanes.length;
    if (busy) g.fillRect(from + 0.5, y + height - part, Math.max(1, axis.x(until) - from - 1.5), part);
  }
}

// What it held when it was lost: hollow, and where that is now.
function returned(g, lane, axis, y, height, w) {
  for (const { t, ranges, firsts } of lane.returned) {
    const cross = axis.x(t);
    if (cross < axis.x0) continue;
    const from = cross + theme.size * 0.7;
    const width = Math.min(axis.x(t + RETURNED_MS) - cross, w - from - 2);
    g.strokeStyle = theme.lost;
    g.lineWidth = Math.min(2, height / 3);
    g.setLineDash([5, 4]);
    if (width > 3) g.strokeRect(from, y + 1, width, height - 2);
    g.setLineDash([]);
    const what = firsts.slice(0, 3).join(', ') + (firsts.length > 3 ? ' …' : '');
    const isLeft = cross > (axis.x0 + w) / 2;
    const text = `${clock(t)} returned: ${what || ranges}`;
    lane.chips.push({ text, sign: '', t, x: isLeft ? cross - theme.size : from + width + 6, isLeft, colour: 'lost' });
  }
}

function marks(lane, axis) {
  for (const { t, sign, kind, label } of lane.marks) {
    const x = axis.x(t) - theme.size * 0.5;
    if (x < axis.x0) continue;
    const text = kind === 'lost' && lane.returned.length ? sign : `${sign} ${label}`;
    lane.chips.push({ text, sign, t, x, colour: kind });
  }
}

// A text on a ground of its own, to the right of x or to its left: whole, or its sign alone,
// or a stroke, as there is room between the others.
function chip(g, { text, sign, x, isLeft, colour }, y, lane, free) {
  const { size } = theme;
  for (const words of lane.step >= size * 1.2 ? [text, sign] : [sign]) {
    const width = g.measureText(words).width;
    const from = isLeft ? x - width : Math.min(x, lane.limit - width - 3);
    if (!words || from < lane.x0 || y < size * 0.6 || !free(from - 1, y - size * 0.6, from + width + 1, y + size * 0.6)) continue;
    g.fillStyle = theme.panel;
    g.fillRect(from - 2, y - size * 0.6, width + 4, size * 1.2);
    g.fillStyle = theme[colour];
    return g.fillText(words, from, y + 0.5);
  }
  g.fillStyle = theme[colour];
  return sign ? g.fillRect(x + size * 0.5 - 1, y - lane.step / 2, 2.5, lane.step - 1) : undefined;
}

/*
 * Which lanes there are in so many pixels: [{ name, state, lane, y, step }], those who are
 * here before those who are gone; and who shares the last one, whose text needs so much.
 */
export function arrange(model, height, text) {
  const states = new Map(model.workers.map((w) => [w.name, w.state]));
  const rows = [...model.lanes].map(([name, lane]) =>
    ({ name, lane, state: states.get(name) ?? (lane.returned.length ? 'lost' : 'left') }));
  rows.sort((a, b) => GONE.has(a.state) - GONE.has(b.state) || a.name.localeCompare(b.name, 'en', { numeric: true }));
  const all = rows.length * LEAST <= height;
  const own = all ? rows : rows.splice(0, Math.max(0, Math.floor((height - text) / LEAST)));
  const step = all ? Math.min(height / Math.max(1, own.length), theme.size * 3.2) : LEAST;
  own.forEach((row, i) => Object.assign(row, { y: i * step, step }));
  return { own, rest: all ? [] : rows, step };
}

function label(g, text, state, y, x0) {
  g.fillStyle = theme[colourOf(state)];
  g.fillText(signOf(state), 2, y);
  g.fillStyle = theme.text;
  g.fillText(fit(g, text, x0 - theme.size * 1.8, true), theme.size * 1.4, y);
}

function drawLane(g, { lane, y, step }, axis, w) {
  const gap = Math.min(2, step / 6);
  lane.chips = [];
  g.fillStyle = theme.line;
  if (step > theme.size) g.fillRect(axis.x0, y + step - 0.5, w - axis.x0, 1);
  blocks(g, lane, axis, y + gap, step - 2.5 * gap);
  returned(g, lane, axis, y + gap, step - 2.5 * gap, w);
  marks(lane, axis);
}

// The coordinator was started: a line through all lanes.
function drawStart(g, x, axis, height, free) {
  const { size } = theme;
  const width = g.measureText('▶ started').width;
  if (x < axis.x0) return;
  g.fillStyle = theme.warn;
  g.fillRect(x - 1, 0, 2, height);
  const from = x - width - 4;
  if (from < axis.x0 || !free(from, height - size * 1.3, x, height)) return;
  g.fillStyle = theme.panel;
  g.fillRect(from - 2, height - size * 1.3, width + 4, size * 1.2);
  g.fillStyle = theme.warn;
  g.fillText('▶ started', from, height - size * 0.65);
}

function drawRest(g, rest, axis, y, height) {
  blocksOfAll(g, rest.map((r) => r.lane), axis, y + 2, height - 3);
  g.fillStyle = theme.text;
  g.fillText(fit(g, `and ${rest.length} more`, axis.x0 - 4), 2, y + height / 2);
}

export function drawLanes(model) {
  const room = begin(canvas);
  if (!room) return;
  const { g, w, h } = room;
  const { size } = theme;
  const axis = timeAxis(g, w, h, model.now());
  const height = h - size * 1.6;
  const { own, rest, step } = arrange(model, height, size * 1.5);
  const each = Math.ceil((size * 1.25) / step); // of so many lanes one has room for its name
  const first = Math.max(0, Math.ceil((size * 0.6) / step - 0.5));
  own.forEach((row, i) => {
    drawLane(g, row, axis, w);
    const middle = row.y + step / 2;
    if (i >= first && (i - first) % each === 0 && middle < height - (rest.length ? size * 2 : size * 0.4)) label(g, row.name, row.state, middle, axis.x0);
  });
  const chips = own.flatMap((row) => row.lane.chips.map((c) => ({ ...c, row })));
  const free = places();
  chips.sort((a, b) => (RANKS[a.colour] ?? 2) - (RANKS[b.colour] ?? 2) || b.t - a.t);
  for (const t of model.starts) drawStart(g, axis.x(t), axis, height, free);
  for (const c of chips) chip(g, c, c.row.y + step / 2, { step, limit: w, x0: axis.x0 }, free);
  if (rest.length) drawRest(g, rest, axis, height - size * 1.5, size * 1.5);
  if (own.length + rest.length) return;
  g.fillStyle = theme.soft;
  g.fillText('no workers attached', axis.x0, h / 3);
}

export function lanesTable(model) {
  return {
    head: ['worker', 'state', 'counted in the last minute', 'what happened'],
    rows: model.workers.map((w) => {
      const { samples, marks: list } = model.lane(w.name);
      const counted = samples.length ? samples[samples.length - 1].trials - samples[0].trials : 0;
      return [w.name, w.state, si(Math.max(0, counted)),
        list.map((m) => `${clock(m.t)} ${m.sign} ${m.label}`).join('; ')];
    }),
  };
}
