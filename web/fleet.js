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
let told = '';

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

// Rows are kept and only their texts change.
export function drawFleet({ workers }) {
  while (body.rows.length > workers.length) body.deleteRow(-1);
  workers.forEach((w, i) => {
    const row = body.rows[i] ?? body.insertRow();
    while (row.cells.length < 5) row.insertCell();
    const gone = GONE.has(w.state);
    row.className = gone ? 'gone' : '';
    put(row.cells[0], w.name);
    row.cells[0].title = w.name;
    put(row.cells[1], `${signOf(w.state)} ${w.state}${gone || w.state === 'silent' ? ` ${Math.round(Number(w.last_seen_ms) / 1000)}\u202fs` : ''}`, colourOf(w.state));
    put(row.cells[2], String(w.threads));
    put(row.cells[3], gone || w.state === 'idle' ? 'n/a' : `${si(w.rate)}/s`);
    put(row.cells[4], si(w.trials));
  });
}

function line(tag, e) {
  const all = element(tag, '');
  all.append(element('time', clock(e.t)), ' ', element('span', e.sign, e.kind), ` ${e.text}`);
  return all;
}

export function drawEvents(model) {
  const now = model.events.map((e) => e.id).join();
  if (now === told) return;
  told = now;
  events.replaceChildren(...model.events.map((e) => line('li', e)));
  latest.replaceChildren(...(model.events.length ? line('span', model.events[0]).childNodes : []));
}
