// SPDX-License-Identifier: MIT
//
// Panel 1: the number, its settled digits, and how far it is.

import { howToWork, tell } from './command.js';
import { digits, duration, fraction, groupedDecimals, msLeft, shorten, si } from './numbers.js';

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

export const symbolOf = (job) => (!job?.program ? 'π' : job.scale === 1 ? 'p' : 'x');
const ARG_SHOWN = 40; // letters of it
const LEAST_WIDE = 7.5; // of the number in its own size, so that it does not jump while it grows
let measured = '';

// How wide the number is in its own size, from which the page makes it as large as fits.
function measure(shape) {
  const line = document.querySelector('.number');
  const size = parseFloat(getComputedStyle(line).fontSize);
  const wide = 0.26 + (at('symbol').offsetWidth + line.lastElementChild?.offsetWidth) / size;
  if (shape === measured || !(wide > 1)) return;
  measured = shape;
  line.style.setProperty('--wide', Math.max(LEAST_WIDE, wide));
}

function number(job) {
  put('symbol', `${symbolOf(job)} ≈`);
  put('h1', job?.program ? `Estimate of ${job.program}${job.arg ? ` ${shorten(job.arg, ARG_SHOWN)}` : ''}` : 'Estimate of π');
  const known = job && Number.isFinite(job.pi) && job.pi !== null;
  const d = known && digits(job.pi, job.ci_low, job.ci_high);
  const [settled, open] = known ? split(d) : ['', '?'];
  put('settled', settled);
  put('open', open);
  put('half', known ? `± ${groupedDecimals(d.half)}` : 'n/a');
  measure(`${settled.length} ${open.length} ${symbolOf(job)}`);
}

// Sentences, and what is to be typed.
function waiting({ job, workers, audit_help: help, audit_wait_ms: ms }, join) {
  if (!job) return [...(workers ? [] : howToWork(join)), ['No job yet. Submit one:'], ['pictl submit --trials 200G', true]];
  if (!workers && (job.state === 'running' || job.state === 'queued')) return [[`${job.state}: ${job.reason || 'no workers attached'}`], ...howToWork(join)];
  if (job.doubt) return [[`${job.state}, but in doubt: ${job.doubt}`]];
  if (job.reason) return [[`${job.state}: ${job.reason}`]];
  if (help) return [[`Audits are behind by ${duration(Number(ms))}: ${help}`]];
  return job.state === 'running' || job.state === 'done' ? [] : [[job.state]];
}

export function drawHeadline({ status, join = [] }) {
  const job = status.job;
  const part = job ? fraction(job) : NaN;
  const done = job?.state === 'done';
  const left = job ? msLeft(job) : NaN;
  number(job);
  tell(at('waiting'), waiting(status, join));
  put('trials', job ? si(job.done) : '0');
  put('rate', job ? `${si(job.rate)}/s` : 'n/a');
  put('workers', String(status.workers));
  put('left-is', done ? 'took' : 'to go');
  put('left', done ? duration(Number(job.elapsed_ms)) : Number.isFinite(left) ? duration(left) : 'n/a');
  put('job', job ? `${job.id} ${job.name} ${job.state}`.replace('  ', ' ') : '');
  put('percent', Number.isFinite(part) ? `${(part >= 1 ? 100 : Math.floor(part * 1000) / 10).toFixed(part >= 1 ? 0 : 1)} %` : '');
  document.querySelector('.progress').hidden = !Number.isFinite(part); // no bar for nothing
  if (Number.isFinite(part)) at('progress').value = part;
  document.documentElement.classList.toggle('empty', !job);
}

// In one sentence, for who listens.
export function sentence({ status, join = [] }) {
  const job = status?.job;
  if (!job || job.pi === null) return status ? waiting(status, join).map(([text]) => text).join(' ') : '';
  const d = digits(job.pi, job.ci_low, job.ci_high);
  return `${job.program || 'Pi'} is ${d.settled}${d.open}, plus or minus ${d.half}, after ${si(job.done)} trials; ` +
    `${status.workers} workers, ${si(job.rate)} trials a second, job ${job.state}.`;
}
