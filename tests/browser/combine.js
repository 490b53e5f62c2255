// SPDX-License-Identifier: MIT
//
// Combinations of choices: all, or few of them that hold every pair of two values.

// { a: [1, 2], b: [3] } -> [{ a: 1, b: 3 }, { a: 2, b: 3 }]
export const product = (choices) => Object.entries(choices).reduce(
  (all, [name, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))), [{}]);

// Greedily, and always the same: each is the one of some that has most pairs yet unseen.
export function pairs(choices) {
  const names = Object.keys(choices);
  const key = (a, va, b, vb) => `${a}=${va} ${b}=${vb}`;
  const of = (one) => names.flatMap((a, i) => names.slice(i + 1).map((b) => key(a, one[a], b, one[b])));
  const left = new Map();
  names.forEach((a, i) => names.slice(i + 1).forEach((b) => choices[a].forEach((va) => choices[b].forEach((vb) =>
    left.set(key(a, va, b, vb), { [a]: va, [b]: vb })))));
  const list = [];
  let seed = 1;
  const draw = (values) => values[(seed = (seed * 48271) % 2147483647) % values.length];
  while (left.size) {
    const base = left.values().next().value;
    let best = null;
    for (let i = 0; i < 60; i++) {
      const one = Object.fromEntries(names.map((name) => [name, base[name] ?? draw(choices[name])]));
      const gain = of(one).filter((k) => left.has(k)).length;
      if (!best || gain > best.gain) best = { one, gain };
    }
    list.push(best.one);
    of(best.one).forEach((k) => left.delete(k));
  }
  return list;
}
