// SPDX-License-Identifier: MIT
//
// QR codes (ISO/IEC 18004) of short texts: byte mode, error correction level M, versions
// 1 to 14.  encode() returns rows of booleans, true: dark.  Pure; no document.

// By version, from 1: error correction codewords a block, and blocks.
const ECC = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9];
const LEVEL_M = 0;

// ---- the field of 256 elements ----

const EXP = new Uint8Array(512);
const LOG = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i++) {
  EXP[i] = EXP[i + 255] = x;
  LOG[x] = i;
  x = (x << 1) ^ (x & 128 ? 0x11d : 0);
}
const times = (a, b) => (a && b ? EXP[LOG[a] + LOG[b]] : 0);

// The product of (x - 2^i), i < degree; its leading 1 left out.
function generator(degree) {
  const poly = new Uint8Array(degree);
  poly[degree - 1] = 1;
  for (let i = 0; i < degree; i++)
    for (let k = 0; k < degree; k++)
      poly[k] = times(poly[k], EXP[i]) ^ (k + 1 < degree ? poly[k + 1] : 0);
  return poly;
}

function remainder(data, poly) {
  const rest = new Uint8Array(poly.length);
  for (const byte of data) {
    const factor = byte ^ rest[0];
    rest.copyWithin(0, 1);
    rest[rest.length - 1] = 0;
    for (let k = 0; k < poly.length; k++) rest[k] ^= times(poly[k], factor);
  }
  return rest;
}

// ---- bytes ----

const sizeOf = (version) => 17 + 4 * version;

function alignment(version) {
  if (version === 1) return [];
  const n = Math.floor(version / 7) + 2;
  const last = sizeOf(version) - 7;
  const step = n === 2 ? last - 6 : Math.ceil((last - 6) / (n - 1) / 2) * 2;
  return [6, ...Array.from({ length: n - 1 }, (_, i) => last - step * (n - 2 - i))];
}

// Codewords that the modules have room for.
function capacity(version) {
  const n = alignment(version).length;
  const size = sizeOf(version);
  let modules = size * size - 3 * 64 - 31 - 2 * (size - 16);
  if (n) modules -= 25 * (n * n - 3) - 10 * (n - 2);
  if (version >= 7) modules -= 36;
  return modules >> 3;
}

const dataBytes = (version) =>
  capacity(version) - ECC[version - 1] * BLOCKS[version - 1];

const lengthBits = (version) => (version < 10 ? 8 : 16);

function pack(bytes, version) {
  const bits = [];
  const put = (value, n) => {
    for (let i = n - 1; i >= 0; i--) bits.push((value >> i) & 1);
  };
  put(4, 4); // byte mode
  put(bytes.length, lengthBits(version));
  for (const byte of bytes) put(byte, 8);
  const room = dataBytes(version);
  put(0, Math.min(4, 8 * room - bits.length));
  put(0, -bits.length & 7);
  for (let pad = 0xec; bits.length < 8 * room; pad ^= 0xec ^ 0x11) put(pad, 8);
  return Uint8Array.from({ length: room }, (_, i) =>
    bits.slice(8 * i, 8 * i + 8).reduce((byte, bit) => 2 * byte + bit, 0));
}

// Blocks with their corrections, interleaved.
function protect(data, version) {
  const n = BLOCKS[version - 1];
  const poly = generator(ECC[version - 1]);
  const short = Math.floor(data.length / n);
  const blocks = [];
  for (let i = 0, at = 0; i < n; i++) {
    const length = short + (i >= n - (data.length % n) ? 1 : 0);
    const block = data.subarray(at, (at += length));
    blocks.push({ block, rest: remainder(block, poly) });
  }
  const out = [];
  for (let k = 0; k <= short; k++)
    for (const { block } of blocks) if (k < block.length) out.push(block[k]);
  for (let k = 0; k < poly.length; k++) for (const { rest } of blocks) out.push(rest[k]);
  return out;
}

// ---- modules ----

const MASKS = [
  (x, y) => (x + y) % 2,
  (x, y) => y % 2,
  (x) => x % 3,
  (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
  (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

// A value with the check bits of its code behind it.
function coded(value, poly, bits) {
  let rest = value << bits;
  const top = 31 - Math.clz32(poly);
  for (let i = 31 - Math.clz32(rest | 1); i >= top; i = 31 - Math.clz32(rest | 1))
    rest ^= poly << (i - top);
  return (value << bits) | rest;
}

class Symbol {
  constructor(version) {
    this.version = version;
    this.size = sizeOf(version);
    this.dark = Array.from({ length: this.size }, () => new Array(this.size).fill(false));
    this.taken = this.dark.map((row) => row.slice());
    this.fixed();
  }

  set(x, y, dark) {
    this.dark[y][x] = Boolean(dark);
    this.taken[y][x] = true;
  }

  // Squares within squares around a middle, as far as they are in the symbol.
  rings(x, y, radius, light) {
    for (let dy = -radius; dy <= radius; dy++)
      for (let dx = -radius; dx <= radius; dx++) {
        const [at, of] = [x + dx, y + dy];
        if (at < 0 || of < 0 || at >= this.size || of >= this.size) continue;
        this.set(at, of, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))));
      }
  }

  fixed() {
    const end = this.size - 1;
    for (let i = 0; i < this.size; i++) {
      this.set(6, i, i % 2 === 0);
      this.set(i, 6, i % 2 === 0);
    }
    for (const [x, y] of [[3, 3], [end - 3, 3], [3, end - 3]]) this.rings(x, y, 4, [2, 4]);
    const at = alignment(this.version);
    const last = at.length - 1;
    at.forEach((x, i) => at.forEach((y, k) => {
      const corner = (i === 0 && (k === 0 || k === last)) || (i === last && k === 0);
      if (!corner) this.rings(x, y, 2, [1]);
    }));
    this.format(0);
    if (this.version < 7) return;
    const bits = coded(this.version, 0x1f25, 12);
    for (let i = 0; i < 18; i++) {
      const [a, b] = [this.size - 11 + (i % 3), Math.floor(i / 3)];
      this.set(a, b, (bits >> i) & 1);
      this.set(b, a, (bits >> i) & 1);
    }
  }

  format(mask) {
    const bits = coded((LEVEL_M << 3) | mask, 0x537, 10) ^ 0x5412;
    const bit = (i) => (bits >> i) & 1;
    for (let i = 0; i < 6; i++) this.set(8, i, bit(i));
    this.set(8, 7, bit(6));
    this.set(8, 8, bit(7));
    this.set(7, 8, bit(8));
    for (let i = 9; i < 15; i++) this.set(14 - i, 8, bit(i));
    for (let i = 0; i < 8; i++) this.set(this.size - 1 - i, 8, bit(i));
    for (let i = 8; i < 15; i++) this.set(8, this.size - 15 + i, bit(i));
    this.set(8, this.size - 8, true);
  }

  // Up and down in columns of two, from the right; around the vertical timing line.
  fill(bytes) {
    let at = 0;
    let up = true;
    for (let right = this.size - 1; right > 0; right -= 2) {
      if (right === 6) right--;
      for (let i = 0; i < this.size; i++)
        for (const x of [right, right - 1]) {
          const y = up ? this.size - 1 - i : i;
          if (this.taken[y][x]) continue;
          this.dark[y][x] = at < 8 * bytes.length && ((bytes[at >> 3] >> (7 - (at & 7))) & 1) === 1;
          at++;
        }
      up = !up;
    }
  }

  flip(mask) {
    for (let y = 0; y < this.size; y++)
      for (let x = 0; x < this.size; x++)
        if (!this.taken[y][x] && MASKS[mask](x, y) === 0) this.dark[y][x] = !this.dark[y][x];
  }

  // How hard it is to read: long runs, squares, what looks like a finder, imbalance.
  penalty() {
    const at = (x, y) => this.dark[y][x];
    let sum = 0;
    let dark = 0;
    for (let i = 0; i < this.size; i++)
      for (const line of [this.dark[i], this.dark.map((row) => row[i])]) {
        const text = line.map(Number).join('');
        for (const run of text.match(/0{5,}|1{5,}/g) ?? []) sum += run.length - 2;
        for (const like of ['10111010000', '00001011101'])
          for (let k = text.indexOf(like); k >= 0; k = text.indexOf(like, k + 1)) sum += 40;
      }
    for (let y = 0; y < this.size; y++)
      for (let x = 0; x < this.size; x++) {
        dark += at(x, y);
        if (x && y && at(x, y) === at(x - 1, y) && at(x, y) === at(x, y - 1) &&
            at(x, y) === at(x - 1, y - 1)) sum += 3;
      }
    return sum + 10 * Math.floor(Math.abs((20 * dark) / this.size ** 2 - 10));
  }
}

// Null where the text is too long.
export function encode(text) {
  const bytes = new TextEncoder().encode(text);
  let version = 1;
  while (version <= ECC.length &&
         4 + lengthBits(version) + 8 * bytes.length > 8 * dataBytes(version)) version++;
  if (version > ECC.length) return null;
  const symbol = new Symbol(version);
  symbol.fill(protect(pack(bytes, version), version));
  let best = 0;
  let least = Infinity;
  for (let mask = 0; mask < MASKS.length; mask++) {
    symbol.format(mask);
    symbol.flip(mask);
    const penalty = symbol.penalty();
    symbol.flip(mask);
    if (penalty < least) [best, least] = [mask, penalty];
  }
  symbol.format(best);
  symbol.flip(best);
  return symbol.dark;
}
