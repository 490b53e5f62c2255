// SPDX-License-Identifier: MIT
//
// The page: events come in, panels are drawn, keys and buttons choose the view.

import { readTheme } from './canvas.js';
import { circleTable, drawCircle, startCircle } from './circle.js';
import { follow } from './feed.js';
import { drawEvents, drawFleet } from './fleet.js';
import { drawFunnel, funnelTable, showAny, showError } from './funnel.js';
import { drawHeadline, sentence } from './headline.js';
import { chooseJob, drawJobs, neighbour, noteJobs, nthJob, startJobs } from './jobs.js';
import { showJoin } from './join.js';
import { drawLanes, lanesTable } from './lanes.js';
import { Model } from './model.js';
import { drawOffers } from './offers.js';
import { drawRates, ratesTable } from './rates.js';
import { drawSpeedup, speedupTable } from './speedup.js';

const at = (id) => document.getElementById(id);
const root = document.documentElement;
const asked = new URLSearchParams(location.search);
const model = new Model(performance.timeOrigin);
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const dark = matchMedia('(prefers-color-scheme: dark)');

// ---- drawing ----

const SECOND_MS = 1000;
const SUMMARY_MS = 10000;
const tables = { funnel: funnelTable, circle: circleTable, lanes: lanesTable, rates: ratesTable, speedup: speedupTable };
let drawn = -Infinity;

function cell(tag, text) {
  const e = document.createElement(tag);
  e.textContent = text;
  if (tag === 'th') e.scope = 'col';
  return e;
}

function drawTable(details) {
  const { head, rows } = tables[details.dataset.table](model);
  const table = document.createElement('table');
  table.createTHead().insertRow().append(...head.map((text) => cell('th', text)));
  const body = table.createTBody();
  for (const row of rows) body.insertRow().append(...row.map((text) => cell('td', text)));
  details.querySelector('table')?.remove();
  details.append(table);
}

// What moves with every tick, and what is looked at once a second.
function draw(all) {
  if (!model.status || document.hidden) return;
  const due = all || performance.now() - drawn >= SECOND_MS - 50;
  if (calm.matches && !due) return;
  root.classList.toggle('program', Boolean(model.status.job?.program));
  drawHeadline(model);
  drawEvents(model);
  drawLanes(model);
  drawRates(model);
  if (!due) return;
  drawn = performance.now();
  drawFunnel(model);
  drawCircle(model);
  drawFleet(model);
  drawJobs(model, choose, actions.l);
  drawSpeedup(model);
  drawOffers(model);
  document.querySelectorAll('.as-table[open]').forEach(drawTable);
}

function redraw() {
  readTheme();
  draw(true);
}

// ---- view ----

function setTheme(name) {
  root.classList.toggle('dark', name === 'dark');
  redraw();
}

function setStage(on) {
  root.classList.toggle('stage', on);
  at('stage').setAttribute('aria-pressed', on);
  redraw();
}

function setPause(on) {
  model.paused = on;
  at('pause').setAttribute('aria-pressed', on);
  at('pause').firstChild.data = on ? 'Go on ' : 'Pause ';
  if (!on) redraw();
}

// One panel alone; 0, or the same again: all.
function setAlone(n) {
  const panel = n ? at(`panel-${n}`) : null;
  const on = Boolean(panel) && !panel.classList.contains('shown');
  document.querySelectorAll('section.shown').forEach((s) => s.classList.remove('shown'));
  root.classList.toggle('alone', on);
  if (on) panel.classList.add('shown');
  redraw();
}

function setError(on) {
  at('tab-error').setAttribute('aria-selected', on);
  at('tab-funnel').setAttribute('aria-selected', !on);
  at('tab-error').tabIndex = on ? 0 : -1;
  at('tab-funnel').tabIndex = on ? -1 : 0;
  at('funnel').setAttribute('aria-labelledby', on ? 'tab-error' : 'tab-funnel');
  showError(on);
  redraw();
}

// The interval that holds at all moments, beside that of one.
function setAny(on) {
  at('any').setAttribute('aria-pressed', on);
  showAny(on);
  setError(false);
}

// ---- jobs ----

function choose(id) {
  at('all-jobs').close();
  return chooseJob(model, id, redraw);
}

function listJobs() {
  if (at('all-jobs').open) return;
  at('all-jobs').showModal();
  redraw();
}

const step = (by) => {
  const id = neighbour(model, by);
  if (id) choose(id);
};

// ---- keys and buttons ----

const isDark = () => root.classList.contains('dark');
const isStage = () => root.classList.contains('stage');
const isError = () => at('tab-error').getAttribute('aria-selected') === 'true';
const actions = {
  p: () => setPause(!model.paused),
  t: () => setTheme(isDark() ? 'light' : 'dark'),
  s: () => setStage(!isStage()),
  e: () => setError(!isError()),
  a: () => setAny(at('any').getAttribute('aria-pressed') === 'false' || isError()),
  j: () => showJoin(model),
  l: listJobs,
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  f: () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen()),
  '?': () => at('help').open || at('help').showModal(),
  Escape: () => setAlone(0),
};

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (at('all-jobs').open && event.key >= '1' && event.key <= '9') {
    const id = nthJob(model, Number(event.key));
    if (id) choose(id);
  }
  if (document.querySelector('dialog[open]')) return;
  if (event.key.startsWith('Arrow') && event.target?.closest?.('[role="tablist"], .scroll, .as-table')) return;
  if (event.key >= '1' && event.key <= '7') setAlone(Number(event.key));
  else if (Object.hasOwn(actions, event.key)) actions[event.key]();
  else return;
  event.preventDefault();
});

document.querySelector('[role="tablist"]').addEventListener('keydown', (event) => {
  if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
  setError(!isError());
  document.querySelector('[role="tab"][aria-selected="true"]').focus();
});

for (const [id, key] of [['pause', 'p'], ['theme', 't'], ['stage', 's'], ['any', 'a'], ['show-join', 'j'], ['show-help', '?']])
  at(id).onclick = actions[key];
at('tab-funnel').onclick = () => setError(false);
at('tab-error').onclick = () => setError(true);
for (const button of document.querySelectorAll('[data-close]'))
  button.onclick = () => button.closest('dialog').close();
for (const details of document.querySelectorAll('.as-table')) details.ontoggle = () => draw(true);

// ---- start ----

function onState(text) {
  at('feed').textContent = text || 'live';
  at('feed').classList.toggle('off', Boolean(text));
}

function onEvent(name, data) {
  model.take(name, data);
  if (name === 'hello' || name === 'job') noteJobs();
  if (model.paused) return;
  if (name !== 'hello') return draw(false);
  drawHeadline(model); // first the number, and then all the rest
  setTimeout(draw, 0, true);
}

document.onvisibilitychange = () => draw(true);
dark.onchange = () => setTheme(dark.matches ? 'dark' : 'light');
new ResizeObserver(redraw).observe(document.querySelector('main'));
setInterval(() => {
  if (!model.paused) at('summary').textContent = sentence(model);
}, SUMMARY_MS);

root.classList.toggle('dark', (asked.get('theme') ?? (dark.matches ? 'dark' : 'light')) === 'dark');
root.classList.toggle('stage', asked.get('view') === 'stage');
at('stage').setAttribute('aria-pressed', isStage());
readTheme();
showError(false);
startCircle(model);
startJobs(model, redraw);
const hz = Math.round(Number(asked.get('hz'))) || 4;
follow(calm.matches ? 1 : Math.min(Math.max(hz, 1), 20), onEvent, onState);
