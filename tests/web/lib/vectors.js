// SPDX-License-Identifier: MIT
//
// Known answers in tests/vectors, which the unit tests of the programs read too.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

// The words of each row; fewer rows than `least` are a mistake.
export function vectors(name, least) {
  const text = readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8');
  const rows = text.split('\n').filter((line) => line && line[0] !== '#').map((line) => line.trim().split(/\s+/));
  assert.ok(rows.length >= least, `${name} has ${rows.length} rows`);
  return rows;
}

// As the page writes it: '_' stands for a space, which is narrow within a number and before
// its unit.
export const narrow = (word) => word.replaceAll('_', '\u202f');
