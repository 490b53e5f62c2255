// SPDX-License-Identifier: MIT
//
// Numbers as people read them, and the estimate from counts.  Pure; no document.

const NARROW = '\u202f'; // a space that does not break

const UNITS = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

// "125.8 G": four digits at most; counts under ten thousand as they are.
export function si(value) {
  let x = Number(value);
  if (!Number.isFinite(x)) return 'n/a';
  if (x < 10000) return grouped(Math.round(x));
  let unit = 0;
  while (x >= 999.95 && unit < UNITS.length - 1) {
    x /= 1000;
    unit++;
  }
  return `${x.toFixed(x < 9.995 ? 2 : 1)}${NARROW}${UNITS[unit]}`;
}

// The same of a round number: "300 M", not "300.0 M".
export const round = (value) => si(value).replace(/\.0+(?=\D|$)/, '');

// "2 097 152", of an integer of any size, exactly.
export function grouped(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, NARROW);
}

// "3.141 590 7"
export function groupedDecimals(text) {
  const [whole, decimals] = text.split('.');
  return decimals ? `${whole}.${decimals.replace(/(\d{3})(?=\d)/g, `$1${NARROW}`)}` : whole;
}

// "41 s", "4 min 12 s", "3 h 5 min", "2 d 4 h"
export function duration(ms) {
  const s = Math.ceil(ms / 1000);
  if (s < 60) return `${s}${NARROW}s`;
  if (s < 3600) return `${Math.floor(s / 60)}${NARROW}min ${s % 60}${NARROW}s`;
  if (s < 86400) return `${Math.floor(s / 3600)}${NARROW}h ${Math.floor(s / 60) % 60}${NARROW}min`;
  return `${grouped(Math.floor(s / 86400))}${NARROW}d ${Math.floor(s / 3600) % 24}${NARROW}h`;
}

// "a-host-wh…-007": a name of so many letters at most, with its end, by which names differ.
export const shorten = (name, most) => (name.length <= most ? name
  : `${name.slice(0, Math.ceil((most - 1) * 0.6))}…${name.slice(name.length - Math.floor((most - 1) * 0.4))}`);

export function clock(ms) {
  return new Date(ms).toTimeString().slice(0, 8);
}

// pi = 4 hits / trials and Wilson's 95 % interval, as the coordinator computes them.
export function estimate(trials, hits) {
  const z = 1.959963984540054;
  const n = Number(trials);
  const p = Number(hits) / n;
  const scale = 1 + (z * z) / n;
  const middle = (p + (z * z) / (2 * n)) / scale;
  const half = (z / scale) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { pi: 4 * p, low: 4 * (middle - half), high: 4 * (middle + half) };
}

const DIGITS = 15; // that a double has of pi

/*
 * The estimate in two parts: the digits on which both ends of the interval agree, and
 * as many more as say something: down to the second digit of the interval's half width.
 */
export function digits(pi, low, high) {
  const half = (high - low) / 2;
  const decimals = Math.min(DIGITS, Math.max(0, 1 - Math.floor(Math.log10(half))));
  const text = pi.toFixed(decimals);
  const ends = [low.toFixed(DIGITS), high.toFixed(DIGITS)];
  let n = 0;
  while (n < text.length && ends.every((end) => end[n] === text[n])) n++;
  if (text[n - 1] === '.') n--;
  return { settled: text.slice(0, n), open: text.slice(n), half: half.toFixed(decimals) };
}

// How much of a job is done, 0 to 1; NaN where it cannot be told.
export function fraction(job) {
  if (job.state === 'done') return 1;
  if (Number(job.for_ms) > 0 && Number(job.trials) === 0)
    return Math.min(1, Number(job.elapsed_ms) / Number(job.for_ms));
  const expected = expectedTrials(job);
  return expected > 0 ? Math.min(1, Number(job.done) / expected) : NaN;
}

export function expectedTrials(job) {
  if (Number(job.trials) > 0) return Number(job.trials);
  if (!(job.until_stderr > 0) || !(job.stderr > 0)) return NaN;
  return Number(job.done) * (job.stderr / job.until_stderr) ** 2;
}

// Milliseconds to the end at the present rate; NaN where it cannot be told.
export function msLeft(job) {
  if (job.state !== 'running' || job.reason) return NaN;
  if (Number(job.for_ms) > 0 && Number(job.trials) === 0)
    return Math.max(0, Number(job.for_ms) - Number(job.elapsed_ms));
  const left = expectedTrials(job) - Number(job.done);
  return job.rate > 0 && left >= 0 ? (1000 * left) / job.rate : NaN;
}
