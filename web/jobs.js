// SPDX-License-Identifier: MIT
//
// All jobs: those of late as buttons in the head of the page, all of them as a list, and
// the one that is shown, if it is not the one that the coordinator tells of.

import { digits, fraction, groupedDecimals, shorten, si } from './numbers.js';
import { symbolOf } from './headline.js';

const at = (id) => document.getElementById(id);
const strip = at('jobs');
const list = at('job-list');
const SIGNS = { queued: ['○', 'soft'], running: ['●', 'ok'], paused: ['◌', 'warn'], done: ['✓', 'ok'], cancelled: ['◇', 'soft'], failed: ['✕', 'lost'] };
const FINAL = new Set(['done', 'cancelled', 'failed']);
const EACH_MS = 1000;
const TRY_MS = 50;
const TRIES = 10;
const LISTED = 60;
const CHIP_REM = 9;
let due = false;
let told = '';

const signOf = (job) => (job.doubt ? ['⊘', 'lost'] : SIGNS[job.state] ?? ['●', 'soft']);

function percent(job) {
  const part = fraction(job);
  return Number.isFinite(part) ? `${Math.floor(100 * part)} %` : job.state;
}

// "3.141 59": what is settled of the answer, and a digit more.
function answer(job) {
  if (!Number.isFinite(job.pi) || job.pi === null) return '';
  const d = digits(job.pi, job.ci_low, job.ci_high);
  return groupedDecimals(d.settled + d.open);
}

function element(tag, text, className = '') {
  const e = document.createElement(tag);
  e.textContent = text;
  e.className = className;
  return e;
}

// ---- asking ----

async function get(path) {
  let response = await fetch(path);
  for (let i = 0; response.status === 503 && i < TRIES; i++) { // a ledger is read between two transactions
    await new Promise((done) => setTimeout(done, TRY_MS));
    response = await fetch(path);
  }
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(path); // busy: it is asked again
  return response.json();
}

async function refreshList(model) {
  due = false;
  model.takeJobs((await get('api/v1/jobs')).jobs ?? []);
}

async function refreshChosen(model) {
  const id = model.chosen;
  const known = await get(`api/v1/jobs/${id}`);
  if (model.chosen !== id) return;
  if (known) model.takeChosen(known.job, known.history);
  else model.choose(''); // it was removed
}

// The jobs may have changed.
export const noteJobs = () => void (due = true);

/*
 * Asks once a second what is to be asked: the list where something has happened or
 * several jobs are under way, and the job that was chosen until it is final.
 */
export function startJobs(model, redraw) {
  setInterval(async () => {
    if (document.hidden || model.paused || !model.status) return;
    const open = model.jobs.filter((j) => !FINAL.has(j.state));
    try {
      if (due || open.length > 1) await refreshList(model);
      if (model.chosen && !FINAL.has(model.picked?.job.state)) {
        await refreshChosen(model);
        redraw();
      }
    } catch { /* the stream says that the coordinator is away */ }
  }, EACH_MS);
}

export async function chooseJob(model, id, redraw) {
  model.choose(id);
  if (model.chosen) await refreshChosen(model).catch(() => {}); // in a second once more
  redraw();
}

// The one so many places after the one that is shown, oldest first.
export function neighbour({ jobs, status }, step) {
  const ids = jobs.map((j) => j.id);
  return ids[ids.indexOf(status?.job?.id) + step] ?? '';
}

// ---- drawing ----

function chip(job, shown, choose) {
  const [sign, className] = signOf(job);
  const value = job.state === 'done' ? `${symbolOf(job)} ${answer(job)}` : FINAL.has(job.state) ? job.state : percent(job);
  const button = element('button', '');
  button.append(element('span', sign, job.id === shown ? '' : className), ` ${job.id} ${value}`);
  button.setAttribute('aria-pressed', job.id === shown);
  button.title = `${job.name} ${job.state}`.trim();
  button.onclick = () => choose(job.id);
  return button;
}

function entry(job, i, shown, choose) {
  const [sign, className] = signOf(job);
  const button = element('button', '');
  const head = element('b', `${i < 9 ? `${i + 1}  ` : ''}${job.id} ${job.name && `${job.name} `}`);
  head.append(element('span', `${sign} ${job.state}`, className));
  head.lastChild.style.display = 'inline';
  const what = job.program ? `${job.program} ${shorten(job.arg, 80)}`.trim() : 'π';
  const d = answer(job) ? ` · ${symbolOf(job)} ≈ ${answer(job)} ± ${digits(job.pi, job.ci_low, job.ci_high).half}` : '';
  button.append(head, element('span', `${what} · ${FINAL.has(job.state) ? '' : `${percent(job)} · `}${si(job.done)} trials${d}`));
  if (job.doubt || job.reason) button.append(element('span', job.doubt ? `in doubt: ${job.doubt}` : job.reason, job.doubt ? 'lost' : 'warn'));
  button.setAttribute('aria-pressed', job.id === shown);
  button.onclick = () => choose(job.id);
  const item = element('li', '');
  item.append(button);
  return item;
}

const newest = ({ jobs }) => jobs.toReversed().slice(0, LISTED);

// choose(id) and all() are what the buttons do.
export function drawJobs(model, choose, all) {
  const shown = model.status.job?.id;
  const jobs = newest(model);
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  const room = document.querySelector('main').clientWidth / rem;
  const most = Math.max(1, Math.floor((room > 60 ? room - 36 : room - 5) / CHIP_REM));
  const now = JSON.stringify([shown, most, jobs.map((j) => [j.id, j.state, j.doubt, j.reason, percent(j)]), at('all-jobs').open]);
  if (now === told) return;
  told = now;
  strip.hidden = model.jobs.length < 2;
  const some = jobs.slice(0, most);
  const other = jobs.find((j) => j.id === shown);
  if (other && !some.includes(other)) some[some.length - 1] = other;
  const button = element('button', `all ${model.jobs.length} `);
  button.append(element('kbd', 'l'));
  button.onclick = all;
  strip.replaceChildren(...some.map((j) => chip(j, shown, choose)), button);
  if (!at('all-jobs').open) return;
  const rest = model.jobs.length - jobs.length;
  list.replaceChildren(...jobs.map((j, i) => entry(j, i, shown, choose)),
    ...(rest > 0 ? [element('li', `and ${rest} more: pictl jobs`)] : []),
    ...(jobs.length ? [] : [element('li', 'No job yet.')]));
}

// The job that a digit means while the list is open.
export const nthJob = (model, n) => newest(model)[n - 1]?.id ?? '';
