// SPDX-License-Identifier: MIT
//
// Panel 3 where the job is a program's: who has it, and why who had it has it no more.

import { GONE } from './model.js';
import { si } from './numbers.js';

const body = document.getElementById('offers');
const WORDS = { ready: ['●', 'ok'], failed: ['✕', 'lost'], excluded: ['⊘', 'lost'] };
let told = '';

function row(className, ...cells) {
  const tr = document.createElement('tr');
  tr.className = className;
  for (const [text, of, span] of cells) {
    const td = tr.insertCell();
    td.textContent = td.title = text;
    td.className = of ?? '';
    td.colSpan = span ?? 1;
  }
  return tr;
}

// Whose test is another than the job's has another program of that name.
function rowsOf(job, worker) {
  const p = worker.programs?.find(({ name }) => name === job.program);
  if (!p) return [row('', [worker.name], ['has none', 'quiet'], [''], [''])];
  const other = p.state === 'ready' && job.program_test && p.test && p.test !== job.program_test;
  const [sign, className] = other ? ['≠', 'warn'] : WORDS[p.state] ?? ['', ''];
  const first = row('', [worker.name], [`${sign} ${other ? 'another' : p.state}`, className], [p.test.slice(0, 8)],
    [p.rate > 0 ? `${si(p.rate)}/s` : 'n/a']);
  return p.reason ? [first, row('why', [p.reason, '', 4])] : [first];
}

export function drawOffers({ status, workers }) {
  const job = status?.job;
  if (!job?.program) return;
  const here = workers.filter((w) => !GONE.has(w.state));
  const now = JSON.stringify([job.program, job.program_test, here.map((w) => [w.name, w.programs])]);
  if (now === told) return;
  told = now;
  body.replaceChildren(...here.flatMap((w) => rowsOf(job, w)));
}
