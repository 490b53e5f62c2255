// SPDX-License-Identifier: MIT
//
// Panel 6: the workers, those that were lost among them, and what happened, a sentence
// each.  Names are text, never markup.

import { colourOf, signOf } from './lanes.js';
import { GONE } from './model.js';
import { clock, si } from './numbers.js';

const body = document.getElementById('fleet');
const events = document.getElementById('events');
const latest = document.getElementById('latest'); // on the stage, where the list is not shown
const SPOKEN = 150; // letters of a sentence on the stage
let told = null;

function element(tag, text, className) {
  const e = document.createElement(tag);
  e.textContent = text;
  if (className) e.className = className;
  return e;
}

function put(cell, text, className) {
  if (cell.textContent !== text) cell.textContent = text;
  if (className !== undefined && cell.className !== className) cell.className = className;
}

// Rows are kept and only their texts change.  Who is here comes before who is gone.
export function drawFleet({ workers: all }) {
  const workers = [...all.filter((w) => !GONE.has(w.state)), ...all.filter((w) => GONE.has(w.state))];
  body.parentElement.hidden = workers.length === 0;
  document.getElementById('no-workers').hidden = workers.length > 0;
  while (body.rows.length > workers.length) body.deleteRow(-1);
  workers.forEach((w, i) => {
    const row = body.rows[i] ?? body.insertRow();
    while (row.cells.length < 5) row.insertCell();
    const gone = GONE.has(w.state);
    row.className = gone ? 'gone' : '';
    put(row.cells[0], w.name);
    put(row.cells[1], `${signOf(w.state)} ${w.state}${gone || w.state === 'silent' ? ` ${Math.round(Number(w.last_seen_ms) / 1000)}\u202fs` : ''}`, colourOf(w.state));
    put(row.cells[2], String(w.threads));
    put(row.cells[3], gone || w.state === 'idle' ? 'n/a' : `${si(w.rate)}/s`);
    put(row.cells[4], si(w.trials));
  });
}

function line(tag, e, most = e.text.length) {
  const all = element(tag, '');
  const text = e.text.length > most ? `${e.text.slice(0, most)}…` : e.text;
  all.append(element('time', clock(e.t)), ' ', element('span', e.sign, e.kind), ` ${text}`);
  return all;
}

export function drawEvents(model) {
  const now = model.events.map((e) => e.id).join();
  if (now === told) return;
  told = now;
  events.replaceChildren(...(model.events.length ? model.events.map((e) => line('li', e)) : [element('li', 'Nothing has happened yet.', 'soft')]));
  latest.replaceChildren(...(model.events.length ? line('span', model.events[0], SPOKEN).childNodes : []));
}
