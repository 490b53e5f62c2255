// SPDX-License-Identifier: MIT
//
// The trial, by the rule of docs/PROTOCOL.md, in exact integers: the same hits, bit for
// bit, as every worker counts.  Pure; no document.

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;
const ROUNDS = 10;

// The upper 32 bits of a product, in halves that a double holds exactly.
function high(a, b) {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const middle = ah * bl + ((al * bl) >>> 16);
  const low = al * bh + (middle & 0xffff);
  return (ah * bh + (middle >>> 16) + (low >>> 16)) >>> 0;
}

// Philox4x32-10 of counter c[0..3] and key k0, k1; into c.
export function philox(c, k0, k1) {
  let [c0, c1, c2, c3] = c;
  for (let round = 0; round < ROUNDS; round++) {
    const h0 = high(M0, c0);
    const h1 = high(M1, c2);
    const l0 = Math.imul(M0, c0);
    const l1 = Math.imul(M1, c2);
    c0 = (h1 ^ c1 ^ k0) >>> 0;
    c1 = l1 >>> 0;
    c2 = (h0 ^ c3 ^ k1) >>> 0;
    c3 = l0 >>> 0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  c[0] = c0;
  c[1] = c1;
  c[2] = c2;
  c[3] = c3;
}

const low32 = (x) => Number(x & 0xffffffffn);
const high32 = (x) => Number((x >> 32n) & 0xffffffffn);

// Of a point whose coarse words leave it open.
function decide(i, a, b, k0, k1) {
  const f = [low32(i), high32(i), 0, 1];
  philox(f, k0, k1);
  const x = 2n * (BigInt(a) * 4294967296n + BigInt(f[0])) + 1n;
  const y = 2n * (BigInt(b) * 4294967296n + BigInt(f[1])) + 1n;
  return x * x + y * y < 1n << 96n;
}

/*
 * Runs trials [first, first + count), first a BigInt and count below 2^31, and returns
 * the hits.  each(k, a, b, hit), where given, is called with every trial's place in the
 * range and its coarse words: the point is within a cell of (a, b) / 2^15.
 */
export function count(seed, first, count_, each) {
  const k0 = low32(seed);
  const k1 = high32(seed);
  const c = new Array(4);
  let hits = 0;
  let place = 0;
  let block = first >> 2n;
  let from = Number(first & 3n);
  while (place < count_) {
    c[0] = low32(block);
    c[1] = high32(block);
    c[2] = c[3] = 0;
    philox(c, k0, k1);
    for (let lane = from; lane < 4 && place < count_; lane++, place++) {
      const a = (c[lane] << 16) >> 16;
      const b = c[lane] >> 16;
      // |X| / 2^33 lies between u and u + 1, |Y| / 2^33 between v and v + 1.
      const u = a ^ (a >> 31);
      const v = b ^ (b >> 31);
      let hit = (u + 1) * (u + 1) + (v + 1) * (v + 1) <= 0x40000000;
      if (!hit && u * u + v * v < 0x40000000)
        hit = decide(block * 4n + BigInt(lane), a, b, k0, k1);
      hits += hit ? 1 : 0;
      if (each) each(place, a, b, hit);
    }
    from = 0;
    block++;
  }
  return hits;
}
