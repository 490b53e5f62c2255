// SPDX-License-Identifier: MIT
//
// What the page knows, gathered from the events; no document.  Times are milliseconds of
// the coordinator's clock.

import { clock, duration, grouped, si } from './numbers.js';
import { isNews, recall } from './past.js';

export const WINDOW_MS = 60000; // of lanes and rates
const EVENTS_KEPT = 60;
const PENDING_MS = 30000; // what is granted again later is told by itself
export const GONE = new Set(['lost', 'left', 'kicked', 'banned']);
const WORKS = new Set(['busy', 'draining']);
const SETTLED = 2; // reports after a change, until what is counted is of who computes now

const counts = (points) => points.map(([n, hits]) => [BigInt(n), BigInt(hits)]);
const sum = (list, of) => list.reduce((all, x) => all + of(x), 0);

export class Model {
  constructor(start) {
    this.status = null;
    this.workers = []; // rows, one a name, in order of names
    this.current = null; // the job that the coordinator tells of, and its history
    this.streamed = { job: '', points: [] };
    this.jobs = []; // all of them, oldest first
    this.chosen = ''; // the id of another one that is to be shown; '': the current one
    this.picked = null; // what is known of it: { job, history }
    this.join = [];
    this.fetch = []; // the same for machines without piworker
    this.lanes = new Map(); // name -> what happened to it in the window
    this.rates = []; // [{ t, of: Map name -> trials/s }]
    this.speeds = { of: new Map(), threads: 0, key: '', calm: 0 }; // threads -> { trials, ms }
    this.events = []; // the newest first: { id, t, sign, kind, text }
    this.losses = []; // whose ranges have yet to be granted again
    this.starts = []; // times at which the coordinator has started
    this.known = new Set(); // keys of events that were told
    this.told = 0;
    this.offset = start;
  }

  // The coordinator's time, at performance.now() of this call.
  now() {
    return performance.now() + this.offset;
  }

  take(name, data) {
    if (name === 'hello') {
      const before = this.status;
      this.takeStatus(data.status);
      recall(this, data, before);
      this.takeWorkers(data.workers.workers);
      this.takeHistory(data.history);
      this.join = data.join;
      this.fetch = data.fetch;
    } else if (name === 'tick') this.takeStatus(data);
    else if (name === 'workers') this.takeWorkers(data.workers);
    else if (name === 'history') this.takeHistory(data);
    else if (isNews(this, data)) this.takeEvent(data);
  }

  takeStatus(status) {
    this.current = status.job;
    this.offset = Number(status.time_ms) - performance.now();
    this.show(status);
  }

  takeHistory({ job, from, points }) {
    if (job !== this.streamed.job) this.streamed = { job, points: [] };
    this.streamed.points.splice(from, Infinity, ...counts(points));
  }

  // ---- jobs ----

  // The status, of the job that is to be shown.
  show(status) {
    this.status = this.picked ? { ...status, job: this.picked.job } : { ...status, job: this.current };
    this.jobs = this.jobs.map((j) => (j.id === this.current?.id ? this.current : j));
  }

  takeJobs(jobs) {
    this.jobs = jobs;
  }

  // '', or the current one: follows the coordinator.
  choose(id) {
    this.chosen = id === this.current?.id ? '' : id;
    if (this.picked?.job.id !== this.chosen) this.picked = null;
    this.show(this.status);
  }

  takeChosen(job, { points }) {
    this.picked = { job, history: { job: job.id, points: counts(points) } };
    this.show(this.status);
  }

  get history() {
    return this.picked ? this.picked.history : this.streamed;
  }

  // [[trials, hits]] of the job that is shown, up to what is counted now.
  points() {
    const job = this.status?.job;
    if (!job) return [];
    const known = this.history.job === job.id ? this.history.points : [];
    const last = known.length ? known[known.length - 1][0] : 0n;
    const now = [BigInt(job.done), BigInt(job.hits)];
    return now[0] > last ? [...known, now] : known;
  }

  // ---- workers ----

  // Of a moment that has passed where t is given: lanes and rates grow from oldest to newest.
  takeWorkers(rows, t = this.now()) {
    const named = new Map();
    for (const row of rows)
      if (!named.has(row.name) || !GONE.has(row.state)) named.set(row.name, row);
    this.workers = [...named.values()].sort((a, b) =>
      a.name.localeCompare(b.name, 'en', { numeric: true }));
    for (const row of this.workers) {
      const { samples } = this.lane(row.name);
      samples.push({ t, trials: Number(row.trials), state: row.state, k: this.told++ });
      while (samples.length > 2 && samples[1].t < t - WINDOW_MS) samples.shift();
    }
    for (const [name, lane] of this.lanes) {
      for (const list of [lane.marks, lane.returned])
        while (list.length && list[0].t < t - WINDOW_MS) list.shift();
      if (!named.has(name) && lane.marks.length === 0) this.lanes.delete(name);
    }
    this.rates.push({ t, of: new Map(this.workers.map((w) => [w.name, WORKS.has(w.state) ? w.rate : 0])) });
    while (this.rates[0].t < t - WINDOW_MS - 2000) this.rates.shift();
    this.takeSpeed(rows.filter((w) => WORKS.has(w.state)), t);
  }

  // What was counted while the same workers computed, by the number of their threads.
  takeSpeed(rows, t) {
    const before = this.speeds;
    const key = JSON.stringify([this.current?.id, rows.map((w) => w.id ?? w.name).sort()]);
    const threads = sum(rows, (w) => w.threads);
    const trials = sum(rows, (w) => Number(w.trials));
    const same = key === before.key;
    const of = before.job === this.current?.id ? before.of : new Map();
    this.speeds = { of, key, job: this.current?.id, threads, trials, t, calm: same ? before.calm + 1 : 0 };
    if (!threads || this.speeds.calm <= SETTLED || trials < before.trials || t <= before.t) return;
    const all = of.get(threads) ?? { trials: 0, ms: 0 };
    of.set(threads, { trials: all.trials + trials - before.trials, ms: all.ms + t - before.t });
  }

  lane(name) {
    if (!this.lanes.has(name)) this.lanes.set(name, { samples: [], marks: [], returned: [] });
    return this.lanes.get(name);
  }

  mark(name, t, sign, kind, label) {
    if (name) this.lane(name).marks.push({ t, sign, kind, label });
  }

  // ---- events ----

  tell(t, sign, kind, text) {
    const entry = { id: ++this.told, t, sign, kind, text };
    this.events.unshift(entry);
    this.events.length = Math.min(this.events.length, EVENTS_KEPT);
    return entry;
  }

  takeEvent(e) {
    const t = Number(e.time_ms);
    const trials = Number(e.trials);
    const ranges = `${e.ranges} range${e.ranges === 1 ? '' : 's'}`;
    const why = e.reason ? `: ${e.reason}` : '';
    const named = e.name ? `: ${e.name}` : '';
    const say = (sign, kind, text) => this.tell(t, sign, kind, text);
    const job = e.job || 'the job';
    switch (e.what) {
      case 'worker_joined':
      case 'worker_back':
        this.mark(e.worker, t, '▲', 'ok', e.what === 'worker_back' ? 'back' : 'joined');
        return say('▲', 'ok', `${e.worker} ${e.what === 'worker_back' ? 'is back' : 'joined'}.`);
      case 'worker_left':
        this.mark(e.worker, t, '◇', 'soft', 'left');
        return say('◇', 'soft', `${e.worker} left.`);
      case 'worker_lost':
        return this.takeLoss(e, t, trials, ranges);
      case 'leased_again':
        return this.takeAgain(e, t, trials);
      case 'worker_kicked':
        this.mark(e.worker, t, '⊘', 'warn', 'kicked');
        return say('⊘', 'warn', `${e.worker} was kicked${trials > 0 ? `: ${ranges} went back` : ''}.`);
      case 'worker_excluded':
        this.mark(e.worker, t, '⊘', 'lost', 'excluded');
        return say('⊘', 'lost', `${e.worker} is excluded${why}.`);
      case 'program_excluded':
        return say('⊘', 'lost', `${e.worker} computes ${e.program} no more${why}.`);
      case 'worker_trusted':
        return say('✓', 'ok', `${e.worker} is trusted now${why}.`);
      case 'lease_expired':
        this.mark(e.worker, t, '▼', 'warn', 'overdue');
        return say('▼', 'warn', `${e.worker} is overdue: ${ranges} went back.`);
      case 'lease_doubled':
        this.mark(e.worker, t, '⧉', 'warn', si(e.first));
        return say('⧉', 'soft', `${e.worker} also computes a slow range, from trial ${grouped(e.first)}: the first result counts.`);
      case 'results_revoked':
        return say('⊘', 'lost', `${si(trials)} trials of ${job} count no longer; they are computed again.`);
      case 'job_done':
        return say('■', 'ok', `${job} is done. The count is final.`);
      case 'job_in_doubt':
        return say('⊘', 'lost', `${job}: ${si(trials)} trials of its answer are in doubt.`);
      case 'token_rotated':
        return say('▼', 'warn', `coordinator: the ${e.reason}s' token is another now, ${e.connections} connections end.`);
      case 'clock_late':
        return say('▼', 'warn', `coordinator: it stood still for ${duration(Number(e.late_ms))}, all deadlines move.`);
      case 'store_full':
      case 'store_recovered':
        return say('▼', 'warn', `coordinator: ${e.what.replaceAll('_', ' ')}${why}.`);
      default:
        return say('●', 'soft', `${job} ${e.what.replace('job_', '')}${named}.`);
    }
  }

  takeStart({ t, away }) {
    this.starts = [...this.starts.filter((s) => s > t - WINDOW_MS), t];
    this.tell(t, '▶', 'warn', `coordinator: it has started${Number.isNaN(away) ? '' : ` again, after ${duration(away)}`}.`);
  }

  takeLoss(e, t, trials, ranges) {
    this.mark(e.worker, t, '✕', 'lost', clock(t));
    const loss = { t, worker: e.worker, reason: e.reason, ranges, left: trials, to: [], last: t };
    loss.block = { t, ranges, firsts: [] };
    loss.entry = this.tell(t, '✕', 'lost', '');
    if (trials > 0) {
      this.lane(e.worker).returned.push(loss.block);
      this.losses.push(loss);
    }
    this.tellLoss(loss, trials);
  }

  tellLoss(loss, trials) {
    const parts = [`${loss.worker} lost (${loss.reason}).`];
    if (trials === 0) parts.push('It held nothing.');
    else if (loss.left > 0) parts.push(`${loss.ranges}, ${si(trials)} trials, went back.`);
    else
      parts.push(`${loss.ranges} granted again to ${loss.to.join(', ')} in ${Math.max(1, loss.last - loss.t)} ms.`);
    parts.push('No trial counted twice, none lost.');
    loss.entry.text = parts.join(' ');
    loss.entry.id = ++this.told;
  }

  takeAgain(e, t, trials) {
    const first = si(e.first);
    this.mark(e.worker, t, '↻', 'outside', first);
    this.losses = this.losses.filter((l) => t - l.t < PENDING_MS);
    const loss = this.losses[0];
    if (!loss) return this.tell(t, '↻', 'outside', `${e.worker} computes again from trial ${first}.`);
    loss.left -= trials;
    loss.last = t;
    loss.block.firsts.push(first);
    if (!loss.to.includes(e.worker)) loss.to.push(e.worker);
    if (loss.left > 0) return loss.entry;
    this.losses.shift();
    this.tellLoss(loss, trials);
    return loss.entry;
  }
}
