// SPDX-License-Identifier: MIT
//
// The interval that holds at all moments, against values worked out with 160 digits.

import assert from 'node:assert/strict';
import test from 'node:test';
import { vectors } from './lib/vectors.js';
import { anytime } from '../../web/anytime.js';

test('its ends are right to 1e-12', () => {
  for (const [hits, most, trials, ...ends] of vectors('anytime.txt', 40)) {
    const { low, high } = anytime(BigInt(hits), BigInt(most), BigInt(trials));
    [low, high].forEach((got, i) =>
      assert.ok(Math.abs(got - ends[i]) <= 1e-12 * ends[i], `${hits} of ${most}: ${got} instead of ${ends[i]}`));
  }
});
