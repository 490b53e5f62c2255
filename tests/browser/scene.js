// SPDX-License-Identifier: MIT
//
// What the page can be shown, made up: jobs, workers and a minute of their past, told by a
// server of its own, so that a fleet of 200 costs nothing.  The same scene is always the same.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { count } from '../../web/trial.js';

const WEB = new URL('../../web/', import.meta.url).pathname;
const TYPES = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' };
const PAST_S = 60;
const TICK_MS = 500;
const NOW_MS = Date.UTC(2026, 11, 1, 10, 0, 0);
const LONG = 'a-host-whose-name-has-32-letters';
const JOIN = 'PI_JOIN=pi1.192.0.2.7:31415.bq7v2lxr4wz6h3mnt5cdk8fgyjsape9u.r4jw6tqzk2mhx7nd piworker';
const ARG = 'of ivory, thrown from a height of two metres onto a table of oak, by hand';
const CI = 3.22;

// 0 to 1, the same for the same words.
function chance(...words) {
  let h = 2166136261;
  for (const c of words.join(' ')) h = Math.imul(h ^ c.charCodeAt(0), 16777619);
  h = Math.imul(h ^ (h >>> 15), 2246822507);
  return ((h ^ (h >>> 13)) >>> 0) / 2 ** 32;
}

const BLANK = { name: '', reason: '', doubt: '', doubtful: '0', until_stderr: 0, for_ms: '0', elapsed_ms: '62000', program: '', arg: '', scale: 4, score: false, program_test: '', verified_done: '0' };

function job(id, done, trials, more = {}) {
  const scale = more.scale ?? 4;
  const p = more.program ? 1 / 6 : Math.PI / 4;
  const half = ((CI / 4) * scale) / Math.sqrt(done);
  const pi = scale * p + 0.3 * half;
  return { ...BLANK, id, uid: id, state: 'running', seed: '42', trials: String(trials), done: String(done), hits: String(BigInt(Math.round((pi / scale) * 1e9)) * BigInt(done) / 1000000000n),
    pi, ci_low: pi - half, ci_high: pi + half, stderr: half / 1.96, rate: 4.12e9, ...more };
}

function jobsOf({ jobs, long }) {
  const name = long ? 'the-lecture-of-a-winter-semester' : 'lecture';
  const done = long ? 3e18 : 1.258e11;
  const first = job('j-1', done, long ? 4.6e18 : 2e11, { name });
  if (jobs === 0) return [];
  if (jobs === 1) return [first];
  const [program, arg] = long ? ['the-program-with-the-longest-name', ARG] : ['dice', 'of ivory'];
  return [
    { ...first, trials: first.done, state: 'done', rate: 0, doubtful: '1048576',
      doubt: '1.05 M trials rest on a worker that was excluded later; pictl extend j-1 computes them again' },
    job('j-2', long ? 123456789012 : 3e6, long ? 9e11 : 4e6, { name: long ? LONG : '', program: program.slice(0, 32), arg, scale: 1, rate: 2.4e5, program_test: '77aa000000000001',
      reason: long ? 'waiting for audits of what untrusted workers have computed: 12.3 M trials, for 14 min; a larger --audit-cpu helps' : '' }),
  ];
}

const nameOf = (i, long) => (long ? `${LONG.slice(0, 28)}-${String(i).padStart(3, '0')}` : `lab-${i}`);

// The rows at so many seconds before now.  One of twelve was lost 20 s ago, one of twenty
// joined 35 s ago, a few are slow.
function rowsAt(scene, ago) {
  const rows = [];
  for (let i = 1; i <= scene.workers; i++) {
    const [lost, late] = [i % 12 === 4, i % 20 === 9];
    if (late && ago > 35) continue;
    const threads = scene.long ? 128 : 1 + (i % 4);
    const rate = threads * 5e8 * (0.7 + 0.6 * chance('rate', i)) * (0.9 + 0.2 * chance('rate', i, Math.floor(ago / 4)));
    const gone = lost && ago < 20;
    const working = scene.jobs > 0 && !gone;
    const seconds = Math.max(0, PAST_S + 200 - (lost ? Math.max(ago, 20) : ago));
    rows.push({ id: String(i), name: nameOf(i, scene.long), threads, rate: working ? rate : 0, last_seen_ms: gone ? String(1000 * (20 - ago)) : '200',
      state: gone ? 'lost' : working ? 'busy' : 'idle', trials: String(scene.jobs ? Math.round(threads * 5e8 * seconds) : 0),
      programs: i % 3 && scene.jobs === 2 ? [{ name: scene.long ? 'the-program-with-the-longest-nam' : 'dice', state: i % 5 ? 'ready' : 'failed', test: '77aa000000000001', rate: i % 5 ? 2500 : 0, stderr: '', reason: i % 5 ? '' : 'exited with 1: "No module named numpy"' }] : [] });
  }
  return rows;
}

const SEED = 42n;
const TRUE = 2 ** 26; // trials of pi that are what they are, since the page computes them again
const pointsTo = (done) => [...Array(60).keys()].flatMap((e) => [8, 9, 10, 11, 12, 13, 14, 15].map((m) => (m * 2 ** e) / 8))
  .filter((n) => n >= 65536 && n <= done && Number.isInteger(n));
let truth = null;

function truths() {
  if (truth) return truth;
  truth = new Map();
  let [hits, last] = [0, 0];
  for (const n of pointsTo(TRUE)) {
    hits += count(SEED, BigInt(last), n - last);
    truth.set(n, hits);
    last = n;
  }
  return truth;
}

// A walk to the estimate of the job.
function historyOf(shown) {
  if (!shown) return { job: '', from: 0, points: [] };
  const p = shown.pi / shown.scale;
  let [hits, last] = [0, 0];
  const points = pointsTo(Number(shown.done)).map((n) => {
    const dice = [1, 2, 3, 4].reduce((sum, k) => sum + chance('walk', shown.id, n, k) - 0.5, 0) * 1.7;
    hits += (n - last) * p + dice * Math.sqrt((n - last) * p * (1 - p));
    if (!shown.program && n <= TRUE) hits = truths().get(n);
    last = n;
    return [String(n), String(Math.round(hits))];
  });
  return { job: shown.id, from: 0, points };
}

function eventsOf({ workers, long, jobs }) {
  const none = { job: '', name: '', worker: '', reason: '', first: '0', trials: '0', ranges: 0, threads: 0, connections: 0, late_ms: '0' };
  const list = jobs ? [[55, 'job', { what: 'job_submitted', job: `j-${jobs}`, name: long ? LONG : 'lecture' }]] : [];
  for (let i = 1; i <= workers; i++) {
    const worker = nameOf(i, long);
    if (i % 20 === 9) list.push([35, 'worker', { what: 'worker_joined', worker, threads: 2 }]);
    if (i % 12 === 4) {
      list.push([20, 'worker', { what: 'worker_lost', worker, reason: 'connection closed', trials: jobs ? '131072' : '0', ranges: jobs ? 2 : 0 }]);
      if (jobs) for (const k of [1, 2]) list.push([20, 'ranges', { what: 'leased_again', job: `j-${jobs}`, worker: nameOf(i - k, long), first: String(8.22e10 + i * 131072 + k * 65536), trials: '65536' }]);
    }
  }
  return list.map(([ago, name, e]) => [ago, name, { ...none, ...e }]);
}

// { jobs: 0 to 2, workers, long: names and numbers, join: whether the join line is shown }
export function makeScene(scene) {
  const jobs = jobsOf(scene);
  const shown = jobs.at(-1) ?? null;
  const status = (ago) => {
    const rows = rowsAt(scene, ago).filter((r) => r.state !== 'lost');
    return { version: '0', state: 'ready', reason: '', time_ms: String(NOW_MS - 1000 * ago), workers: rows.length, threads: rows.reduce((n, r) => n + r.threads, 0),
      rate: shown?.rate ?? 0, job: shown, jobs_active: jobs.filter((j) => j.state === 'running').length, audit_help: '' };
  };
  const step = scene.workers > 40 ? 4 : 1;
  const told = [];
  const events = eventsOf(scene);
  told.push(['hello', { status: status(PAST_S), workers: { workers: rowsAt(scene, PAST_S) }, join: scene.join ? [JOIN] : [], history: historyOf(shown) }]);
  for (let ago = PAST_S - step; ago >= 0; ago -= step) {
    told.push(['tick', status(ago)], ['workers', { workers: rowsAt(scene, ago) }]);
    for (const [, name, e] of events.filter(([at]) => at >= ago && at < ago + step))
      told.push([name, { ...e, time_ms: String(NOW_MS - 1000 * ago) }]);
  }
  return { jobs, told, history: historyOf };
}

// A server that tells what show() was given to who connects from then on.
export class Teller {
  async open() {
    this.server = createServer((request, response) => this.answer(request.url, response));
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${this.server.address().port}/`;
    return this;
  }

  show(scene) {
    this.scene = makeScene(scene);
  }

  answer(url, response) {
    const path = url.split('?')[0];
    const json = (body) => response.writeHead(body ? 200 : 404, { 'Content-Type': 'application/json' }).end(JSON.stringify(body ?? {}));
    if (path === '/api/v1/jobs') return json({ jobs: this.scene.jobs });
    if (path.startsWith('/api/v1/jobs/')) {
      const one = this.scene.jobs.find((j) => path.endsWith(`/${j.id}`));
      return json(one && { job: one, history: this.scene.history(one) });
    }
    if (path === '/api/v1/events') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const { told } = this.scene;
      const say = (list) => response.write(list.map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`).join(''));
      say(told);
      const timer = setInterval(say, TICK_MS, told.filter(([name]) => name === 'tick').slice(-1));
      return response.on('close', () => clearInterval(timer));
    }
    for (const folder of ['', 'vendor'])
      try {
        const body = readFileSync(join(WEB, folder, path === '/' ? 'index.html' : path));
        response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'text/html' });
        return response.end(body);
      } catch { /* elsewhere, or nowhere */ }
    return response.writeHead(404).end();
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
