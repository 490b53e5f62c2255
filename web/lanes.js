// SPDX-License-Identifier: MIT
//
// Panel 4: a lane for each worker, the last minute of it: what it has counted in blocks
// of a second, what it held when it was lost, what it computes in place of a lost one.

import { begin, fit, theme } from './canvas.js';
import { WINDOW_MS } from './model.js';
import { clock, si } from './numbers.js';

const canvas = document.getElementById('lanes');
const SIGNS = { busy: '●', idle: '○', draining: '▲', silent: '◌', lost: '✕', left: '◇', kicked: '⊘', banned: '⊘' };
const COLOURS = { busy: 'ok', idle: 'soft', draining: 'warn', silent: 'warn', lost: 'lost', left: 'soft', kicked: 'warn', banned: 'lost' };
const RETURNED_MS = 4000; // wide: what it held

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

// A text on a ground of its own, to the right of x or to its left.
function chip(g, wanted, y, axis, limit) {
  const { x, colour, left } = wanted;
  const text = left ? fit(g, wanted.text, x - axis.x0) : wanted.text;
  const width = g.measureText(text).width;
  const at = left ? x - width : Math.min(x, limit - width - 3);
  g.fillStyle = theme.panel;
  g.fillRect(at - 2, y - theme.size * 0.6, width + 4, theme.size * 1.2);
  g.fillStyle = colour;
  g.fillText(text, at, y + 0.5);
}

// What it held when it was lost: hollow, and where that is now.
function returned(g, lane, axis, y, height, w) {
  for (const { t, ranges, firsts } of lane.returned) {
    const cross = axis.x(t);
    if (cross < axis.x0) continue;
    const from = cross + theme.size * 0.7;
    const width = Math.min(axis.x(t + RETURNED_MS) - cross, w - from - 2);
    g.strokeStyle = theme.lost;
    g.lineWidth = 2;
    g.setLineDash([5, 4]);
    if (width > 3) g.strokeRect(from, y + 1, width, height - 2);
    g.setLineDash([]);
    const what = firsts.slice(0, 3).join(', ') + (firsts.length > 3 ? ' …' : '');
    const left = cross > (axis.x0 + w) / 2;
    const text = `${clock(t)} returned: ${what || ranges}`;
    lane.chips.push({ text, left, x: left ? cross - theme.size : from + width + 6, colour: theme.lost });
  }
}

function marks(g, lane, axis) {
  for (const { t, sign, kind, label } of lane.marks) {
    const x = axis.x(t) - theme.size * 0.5;
    if (x < axis.x0) continue;
    const text = kind === 'lost' && lane.returned.length ? sign : `${sign} ${label}`;
    lane.chips.push({ text, x, colour: theme[kind] });
  }
}

export function drawLanes(model) {
  const names = [...model.lanes.keys()].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const states = new Map(model.workers.map((w) => [w.name, w.state]));
  const least = theme.size * 1.3;
  const spare = canvas.parentElement.clientHeight - names.length * least;
  const foot = spare >= theme.size * 1.6 ? theme.size * 1.6 : 0; // the rates below have a time axis too
  const room = begin(canvas, names.length * least + foot);
  if (!room) return;
  const { g, w, h } = room;
  const axis = timeAxis(g, w, h, model.now(), foot > 0);
  const step = Math.min((h - foot) / Math.max(1, names.length), theme.size * 3.2);
  names.forEach((name, i) => {
    const lane = model.lanes.get(name);
    const state = states.get(name) ?? (lane.returned.length ? 'lost' : 'left');
    const y = i * step;
    const middle = y + step / 2;
    lane.chips = [];
    g.fillStyle = theme.line;
    g.fillRect(axis.x0, y + step - 0.5, w - axis.x0, 1);
    blocks(g, lane, axis, y + 2, step - 5);
    returned(g, lane, axis, y + 2, step - 5, w);
    marks(g, lane, axis);
    for (const c of lane.chips) chip(g, c, middle, axis, w);
    g.fillStyle = theme[colourOf(state)];
    g.fillText(signOf(state), 2, middle);
    g.fillStyle = theme.text;
    g.fillText(fit(g, name, axis.x0 - theme.size * 1.8), theme.size * 1.4, middle);
  });
  if (names.length) return;
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
