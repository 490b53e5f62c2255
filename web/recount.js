// SPDX-License-Identifier: MIT
//
// A thread of its own that computes a range again, so that the page goes on meanwhile.

import { count } from './trial.js';

const DRAWN = 2000;

onmessage = ({ data: { seed, first, trials } }) => {
  const n = Math.min(DRAWN, trials);
  const points = new Float32Array(2 * n);
  const inside = new Uint8Array(n);
  const begin = performance.now();
  const hits = count(BigInt(seed), BigInt(first), trials, (k, a, b, hit) => {
    if (k >= n) return;
    points[2 * k] = (a + 0.5) / 32768;
    points[2 * k + 1] = (b + 0.5) / 32768;
    inside[k] = hit ? 1 : 0;
  });
  postMessage({ first, trials, hits, points, inside, ms: performance.now() - begin });
};
