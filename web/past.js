// SPDX-License-Identifier: MIT
//
// What has been before the page was opened, or while it had no connection: the minute that
// hello brings, as moments and events in their order, and a start of the coordinator, which
// hello shows by its uptime.  No document.

const MINUTE_MS = 60000;
const GAP_MS = 3000; // without a moment of its own the page takes those of hello
const KEYS_KEPT = 200;
const STATES = { b: 'busy', i: 'idle', d: 'draining', s: 'silent' };
const NOTHING = { job: '', name: '', worker: '', reason: '', first: '0', trials: '0', ranges: 0, threads: 0, connections: 0, late_ms: '0' };
const NO_PAST = { time_ms: '0', ago_ms: [], workers: [], others: [], events: [] };
const OTHERS = '(others)'; // no name of a worker

// [{ t, rows, others }], the oldest first: rows as the workers of the stream, but rounded.
export function momentsOf({ time_ms: time, ago_ms: ago, workers, others }) {
  const left = workers.map(([, trials]) => Number(trials));
  const moments = ago.map((ms) => ({ t: Number(time) - ms, rows: [], others: 0 }));
  for (let i = ago.length - 1; i >= 0; i--) {
    moments[i].others = others[i];
    workers.forEach(([name, , states, counted, rates], k) => {
      if (states[i] !== '-') moments[i].rows.push({ name, state: STATES[states[i]], trials: left[k], rate: rates[i], threads: 0 });
      left[k] -= counted[i];
    });
  }
  return moments;
}

// Whether it has not been told yet: hello and the stream may bring the same one.
export function isNews(model, e) {
  const key = [e.what, e.worker, e.job, e.first, e.trials, e.time_ms].join();
  if (model.known.has(key)) return false;
  model.known.add(key);
  if (model.known.size > KEYS_KEPT) model.known.delete(model.known.values().next().value);
  return true;
}

// When the coordinator has started, if that is news: since the status before, or for a
// page that has just been opened in the last minute.
function startOf(status, before) {
  const uptime = Number(status.uptime_ms);
  if (before ? !(uptime < Number(before.uptime_ms)) : !(uptime <= MINUTE_MS)) return null;
  const t = Number(status.time_ms) - uptime;
  return { t, away: before ? Math.max(0, t - Number(before.time_ms)) : NaN };
}

// Nothing was counted, by nobody, from `from` to `until`.
function pause(model, from, until) {
  for (const t of [from, until]) {
    for (const { samples } of model.lanes.values()) if (samples.length) samples.push({ t, trials: NaN, state: 'away' });
    model.rates.push({ t, of: new Map() });
  }
}

function forgetFrom(model, t) {
  for (const lane of model.lanes.values()) lane.samples = lane.samples.filter((s) => s.t < t);
  model.rates = model.rates.filter((r) => r.t < t);
}

function takeMoment(model, { t, rows, others }) {
  model.takeWorkers(rows, t);
  if (others) model.rates[model.rates.length - 1].of.set(OTHERS, others);
}

// before: the status that was the last until this hello; null: there was none.
export function recall(model, { status, past = NO_PAST }, before) {
  const start = startOf(status, before);
  const moments = momentsOf(past);
  const steps = past.events.map((e) => ({ ...NOTHING, ...e })).filter((e) => isNews(model, e))
    .map((e) => ({ t: Number(e.time_ms), run: () => model.takeEvent(e) }));
  if (start) {
    if (before) pause(model, Number(before.time_ms), start.t);
    steps.push({ t: start.t, run: () => model.takeStart(start) });
  }
  if (!before || start || Number(status.time_ms) - Number(before.time_ms) > GAP_MS) {
    if (moments.length) forgetFrom(model, moments[0].t);
    for (const m of moments) steps.push({ t: m.t, run: () => takeMoment(model, m) });
  }
  for (const { run } of steps.sort((a, b) => a.t - b.t)) run();
}
