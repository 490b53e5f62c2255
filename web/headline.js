// SPDX-License-Identifier: MIT
//
// Panel 1: the number, its settled digits, and how far it is.

import { digits, duration, fraction, groupedDecimals, msLeft, si } from './numbers.js';

const at = (id) => document.getElementById(id);

function put(id, text) {
  const element = at(id);
  if (element.textContent !== text) element.textContent = text;
}

// What is settled and what is open, grouped as one number.
function split(d) {
  const whole = groupedDecimals(d.settled + d.open);
  let left = d.settled.length;
  let i = 0;
  for (; left > 0; i++) if (whole[i] !== '\u202f') left--;
  return [whole.slice(0, i), whole.slice(i)];
}

const symbolOf = (job) => (!job?.program ? 'π' : job.scale === 1 ? 'p' : 'x');

function number(job) {
  put('symbol', `${symbolOf(job)} ≈`);
  put('h1', job?.program ? `Estimate of ${job.program}${job.arg ? ` ${job.arg}` : ''}` : 'Estimate of π');
  const known = job && Number.isFinite(job.pi) && job.pi !== null;
  const d = known && digits(job.pi, job.ci_low, job.ci_high);
  const [settled, open] = known ? split(d) : ['', '?'];
  put('settled', settled);
  put('open', open);
  put('half', known ? `± ${groupedDecimals(d.half)}` : '');
}

function waiting(status) {
  const job = status.job;
  if (!job) return 'No job yet: pictl submit --trials 200G';
  if (job.reason) return `${job.state}: ${job.reason}`;
  if (job.doubt) return `${job.state}, but in doubt: ${job.doubt}`;
  if (status.audit_help) return `Audits are behind by ${duration(Number(status.audit_wait_ms))}: ${status.audit_help}`;
  if (job.state === 'running' || job.state === 'done') return '';
  return job.state;
}

export function drawHeadline({ status }) {
  const job = status.job;
  const part = job ? fraction(job) : NaN;
  const done = job?.state === 'done';
  const left = job ? msLeft(job) : NaN;
  number(job);
  put('waiting', waiting(status));
  put('trials', job ? si(job.done) : '0');
  put('rate', job ? `${si(job.rate)}/s` : 'n/a');
  put('workers', String(status.workers));
  put('left-is', done ? 'took' : 'to go');
  put('left', done ? duration(Number(job.elapsed_ms)) : Number.isFinite(left) ? duration(left) : 'n/a');
  put('job', job ? `${job.id} ${job.name} ${job.state}`.replace('  ', ' ') : 'no job');
  put('percent', Number.isFinite(part) ? `${(part >= 1 ? 100 : Math.floor(part * 1000) / 10).toFixed(part >= 1 ? 0 : 1)} %` : '');
  const bar = at('progress');
  if (Number.isFinite(part)) bar.value = part;
  else bar.removeAttribute('value');
}

// In one sentence, for who listens.
export function sentence({ status }) {
  const job = status?.job;
  if (!job || job.pi === null) return status ? waiting(status) : '';
  const d = digits(job.pi, job.ci_low, job.ci_high);
  return `${job.program || 'Pi'} is ${d.settled}${d.open}, plus or minus ${d.half}, after ${si(job.done)} trials; ` +
    `${status.workers} workers, ${si(job.rate)} trials a second, job ${job.state}.`;
}
