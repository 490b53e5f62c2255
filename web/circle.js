// SPDX-License-Identifier: MIT
//
// Panel 3: ranges that the fleet has counted, computed again here by the same rule.  The
// points drawn are the first of such a range, and all of its hits are compared with what
// the ledger holds.

import { begin, cross, theme } from './canvas.js';
import { grouped, si } from './numbers.js';

const MOST = 1n << 23n; // trials of a range: a third of a second of one core
const REST_MS = 200; // between two ranges
const SHOWN_MS = 5000; // one stays in the picture
const AGAIN_MS = 5000; // once all are checked

const at = (id) => document.getElementById(id);
const canvas = at('circle');

let worker = null;
let job = '';
let checked = new Map(); // first -> { first, trials, hits, ledger }
let shown = null;
let shownAt = -Infinity;
let freshest = null;

// [first, trials, hits] between neighbours of the history, where they are small enough.
function ranges(points) {
  const list = [];
  let [last, before] = [0n, 0n];
  for (const [trials, hits] of points) {
    if (trials - last <= MOST) list.push({ first: last, trials: trials - last, ledger: hits - before });
    [last, before] = [trials, hits];
  }
  return list;
}

function next(list) {
  const fresh = list.find((r) => checked.get(r.first)?.ledger !== r.ledger);
  if (fresh) return fresh;
  return performance.now() - shownAt > AGAIN_MS && list.length
    ? list[Math.floor(Math.random() * list.length)] : null;
}

function put(id, text) {
  if (at(id).textContent !== text) at(id).textContent = text;
}

function report(model) {
  const all = [...checked.values()];
  const wrong = all.filter((r) => r.hits !== r.ledger).length;
  const trials = all.reduce((sum, r) => sum + r.trials, 0n);
  put('checked', all.length === 0 ? '' :
    `${grouped(all.length)} range${all.length === 1 ? '' : 's'}, ${si(trials)} of ${si(model.status.job?.done ?? 0)} trials, computed again: ` +
    (wrong ? `${wrong} differ` : 'every count equal'));
  at('checked').dataset.ranges = all.length;
  at('checked').dataset.wrong = wrong;
  if (!shown) return;
  const same = shown.hits === shown.ledger;
  const n = BigInt(shown.inside.length);
  put('drawn', `Trials from ${grouped(shown.first)}: ${n < shown.trials ? `the first ${grouped(n)} of ${grouped(shown.trials)}` : grouped(n)}`);
  put('check', `${grouped(shown.hits)} hits here, ${grouped(shown.ledger)} by the workers ${same ? '✓ equal' : '✕ different'}`);
  at('check').className = `check ${same ? 'ok' : 'lost'}`;
  Object.assign(at('check').dataset, { first: shown.first, trials: shown.trials, hits: shown.hits, ledger: shown.ledger });
  canvas.setAttribute('aria-label', `Points in a square around a circle, inside or outside. ${at('check').textContent}`);
}

export function startCircle(model) {
  worker = new Worker('recount.js', { type: 'module' });
  let asked = null;
  worker.onmessage = ({ data }) => {
    if (asked.job === job) {
      freshest = { ...asked.range, hits: BigInt(data.hits), points: data.points, inside: data.inside };
      checked.set(asked.range.first, { ...asked.range, hits: freshest.hits });
    }
    asked = null;
  };
  setInterval(() => {
    const now = model.status?.job;
    if (now && now.id + now.uid !== job) {
      job = now.id + now.uid;
      checked = new Map();
      shown = freshest = null;
      shownAt = -Infinity;
    }
    if (!now || now.program || asked || document.hidden || model.paused || model.history.job !== now.id) return;
    const range = next(ranges(model.history.points));
    if (!range) return;
    asked = { job, range };
    worker.postMessage({ seed: now.seed, first: String(range.first), trials: Number(range.trials) });
  }, REST_MS);
}

function drawPoints(g, x0, y0, r) {
  const size = Math.max(1.2, r / 130);
  for (const [hit, colour] of [[1, theme.inside], [0, theme.outside]]) {
    g.fillStyle = g.strokeStyle = colour;
    g.lineWidth = Math.max(1, size / 1.5);
    g.beginPath();
    for (let i = 0; i < shown.inside.length; i++) {
      if (shown.inside[i] !== hit) continue;
      const x = x0 + r * shown.points[2 * i];
      const y = y0 - r * shown.points[2 * i + 1];
      if (!hit) cross(g, x, y, 1.5 * size);
      else {
        g.moveTo(x + size, y);
        g.arc(x, y, size, 0, 7);
      }
    }
    if (hit) g.fill();
    else g.stroke();
  }
}

export function drawCircle(model) {
  if (freshest && performance.now() - shownAt > SHOWN_MS) {
    shown = freshest;
    shownAt = performance.now();
  }
  report(model);
  const room = begin(canvas);
  if (!room) return;
  const { g, w, h } = room;
  const r = Math.min(w, h) / 2 - 3;
  const [x0, y0] = [w / 2, h / 2];
  if (shown) drawPoints(g, x0, y0, r);
  g.strokeStyle = theme.soft;
  g.lineWidth = 1;
  g.strokeRect(x0 - r, y0 - r, 2 * r, 2 * r);
  g.strokeStyle = theme.text;
  g.lineWidth = 2;
  g.beginPath();
  g.arc(x0, y0, r, 0, 7);
  g.stroke();
  if (shown) return;
  g.fillStyle = theme.soft;
  g.textAlign = 'center';
  g.fillText('waits for counts', x0, y0);
  g.textAlign = 'start';
}

export function circleTable() {
  return {
    head: ['from trial', 'trials', 'hits here', 'hits in the ledger'],
    rows: [...checked.values()].reverse().map((r) =>
      [r.first, r.trials, r.hits, r.ledger].map((x) => grouped(x))),
  };
}
