// SPDX-License-Identifier: MIT
//
// The 95 % interval that holds at all moments together, as common/base/anytime.h has it: a
// confidence sequence from a beta-binomial mixture.  Pure; no document.

const ONE_IN = 20; // 5 %
const STEPS_MAX = 60; // of Newton's method; it takes four to eight

// x - ln(1+x), of which little is left where x is small.
function excess(x) {
  if (Math.abs(x) > 0.1) return x - Math.log1p(x);
  let sum = 0;
  for (let k = 2, power = -x * x; k < 20; k++, power *= -x) sum += power / k;
  return -sum;
}

// ln x! less what Stirling's formula says, for any x > 0.
function remainder(x) {
  let sum = 0;
  for (; x < 16; x++) sum += (x + 0.5) * Math.log1p(1 / x) - 1;
  const i = 1 / (x * x);
  return sum + (1 / 12 - i * (1 / 360 - i * (1 / 1260 - i * (1 / 1680 - i * (1 / 1188 - (i * 691) / 360360))))) / x;
}

// What n KL must not reach, of h hits and m misses, both above 0.
const reach = (h, m, n) => Math.log(ONE_IN) + Math.log(n + 1) + Math.log(n / (2 * Math.PI) / h / m) / 2 +
  remainder(n) - remainder(h) - remainder(m);

// The s > 0 for which n KL(q, q e^-s) is the limit; p = 1 - q.
function fall(q, p, n, limit) {
  let s = Math.sqrt((2 * limit * p) / (n * q));
  for (let i = 0; i < STEPS_MAX; i++) {
    const part = -Math.expm1(-s);
    const d = q * part;
    const falls = s > 0.1 ? s - part : excess(-part);
    const step = (((n * (q * falls + p * excess(d / p)) - limit) / n) * (p + d)) / d;
    s -= step;
    if (Math.abs(step) <= 1e-9 * s) break;
  }
  return s;
}

// Of p, by so many of at most `most` hits in n trials; of BigInts.
export function anytime(hits, most, n) {
  const trials = Number(n);
  const q = Number(hits) / Number(most);
  const p = Number(most - hits) / Number(most);
  const alone = (Math.log(ONE_IN) + Math.log(trials + 1)) / trials; // all alike
  if (hits === most) return { low: Math.exp(-alone), high: 1 };
  if (hits === 0n) return { low: 0, high: -Math.expm1(-alone) };
  const limit = reach(q * trials, p * trials, trials);
  return { low: q * Math.exp(-fall(q, p, trials, limit)), high: q - p * Math.expm1(-fall(p, q, trials, limit)) };
}
