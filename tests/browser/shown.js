// SPDX-License-Identifier: MIT
//
// What the page shows as numbers, beside the events that it has been told: the estimate, its
// interval, what is left and the rates are worked out here once more.

import assert from 'node:assert/strict';

// In the page, before its own script: keeps what the events have said.
export function record() {
  const told = { points: [], job: '' };
  const history = ({ job, from, points }) => {
    if (job !== told.job) told.points = [];
    told.job = job;
    told.points.splice(from, Infinity, ...points);
  };
  const takes = {
    hello: ({ status, workers, history: past }) => {
      Object.assign(told, { status, workers: workers.workers });
      history(past);
    },
    tick: (status) => void (told.status = status),
    workers: ({ workers }) => void (told.workers = workers),
    history,
  };
  window.told = told;
  window.EventSource = class extends EventSource {
    constructor(url) {
      super(url);
      for (const [name, take] of Object.entries(takes))
        this.addEventListener(name, ({ data }) => take(JSON.parse(data)));
    }
  };
}

// At one moment, since events are drawn as they come.
export const read = (page) => page.evaluate(() => {
  const ids = ['settled', 'open', 'half', 'trials', 'rate', 'workers', 'left', 'percent'];
  const shown = Object.fromEntries(ids.map((id) => [id, document.getElementById(id).textContent.replace(/\s/g, ' ')]));
  shown.rates = document.getElementById('rates').getAttribute('aria-label').replace(/\s/g, ' ');
  return { shown, told: window.told };
});

// The rows of the funnel's table, and the points there were when it was drawn.
export const readFunnel = (page) => page.evaluate(() => new Promise((done) => {
  const details = document.querySelector('[data-table=funnel]');
  const rows = () => [...details.querySelectorAll('tbody tr')].map((r) => [...r.cells].map((c) => c.textContent.replace(/\s/g, ' ')));
  details.addEventListener('toggle', () => {
    if (!details.open) return;
    const { points, status: { job } } = window.told;
    const last = BigInt(points[points.length - 1]?.[0] ?? 0);
    done({ rows: rows(), points: BigInt(job.done) > last ? [...points, [job.done, job.hits]] : points });
  });
  details.open = true;
}));

const UNITS = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };

// "125.8 G" of 125,829,120,000: within half of its last digit.
function assertNumber(text, expected, what) {
  const [, number, decimals = '', unit] = text.match(/^([\d ]+)(?:\.(\d+))? ?([kMGT]?)$/) ?? assert.fail(`${what}: ${text}`);
  const shown = Number(`${number.replaceAll(' ', '')}.${decimals}`) * UNITS[unit];
  assert.ok(Math.abs(shown - expected) <= 0.5001 * UNITS[unit] * 10 ** -decimals.length, `${what}: ${text} of ${expected}`);
}

// Wilson's interval at 95 %.
export function interval(trials, hits) {
  const [n, p, z] = [Number(trials), Number(hits) / Number(trials), 1.959963984540054];
  const half = (4 * z * Math.sqrt((p * (1 - p) + (z * z) / (4 * n)) / n)) / (1 + (z * z) / n);
  const middle = (4 * (p + (z * z) / (2 * n))) / (1 + (z * z) / n);
  return { pi: 4 * p, low: middle - half, high: middle + half, half };
}

function assertEstimate({ settled, open, half }, job) {
  const e = interval(job.done, job.hits);
  const plain = (text) => text.replaceAll(' ', '');
  const decimals = plain(half).split('.')[1].length;
  assert.ok(e.half >= 10 ** (1 - decimals) && e.half < 10 ** (2 - decimals), `two digits of ${e.half}: ${half}`);
  assert.equal(plain(half), `±${e.half.toFixed(decimals)}`);
  assert.equal(plain(settled + open), e.pi.toFixed(decimals));
  const ends = [e.low.toFixed(15), e.high.toFixed(15)];
  const agrees = (n) => ends.every((end) => end.slice(0, n) === e.pi.toFixed(decimals).slice(0, n));
  const n = plain(settled).length;
  assert.ok(n > 0 && agrees(n), `${settled} is settled between ${ends}`);
  assert.ok(!agrees(n + 1) || plain(open)[0] === '.' && !agrees(n + 2), `no more than ${settled} is settled between ${ends}`);
}

// Rounded up to whole seconds.
function assertLeft(text, job) {
  const unit = { s: 1, min: 60, h: 3600, d: 86400 };
  const seconds = [...text.matchAll(/(\d+) (s|min|h|d)\b/g)].reduce((sum, [, n, u]) => sum + n * unit[u], 0);
  const left = (Number(job.trials) - Number(job.done)) / job.rate;
  const within = / s$/.test(text) ? 1 : / min$/.test(text) ? 60 : 3600;
  assert.ok(left <= seconds + within && left > seconds - 1, `${text} is left of ${left} s`);
}

// Of a job that runs.
export function assertShown({ shown, told: { status, workers } }) {
  const { job } = status;
  assertEstimate(shown, job);
  assertNumber(shown.trials, Number(job.done), 'trials');
  assertNumber(shown.rate.replace(/\/s$/, ''), job.rate, 'rate');
  assert.equal(shown.workers, String(status.workers));
  assert.equal(shown.percent, `${(Math.floor((1000 * Number(job.done)) / Number(job.trials)) / 10).toFixed(1)} %`);
  assertLeft(shown.left, job);
  const working = workers.filter((w) => ['busy', 'draining'].includes(w.state));
  assertNumber(shown.rates.match(/: (.*) in all now$/)[1], working.reduce((sum, w) => sum + w.rate, 0), 'rates add up');
}

// The newest first, each point once.
export function assertFunnel({ rows, points }) {
  assert.equal(rows.length, points.length);
  points.toReversed().forEach(([trials, hits], i) => {
    const e = interval(trials, hits);
    assertNumber(rows[i][0], Number(trials), 'trials of a point');
    [e.pi, e.low, e.high].forEach((value, k) =>
      assert.ok(Math.abs(Number(rows[i][k + 1]) - value) < 1e-9, `${rows[i]}: ${value}`));
  });
}
