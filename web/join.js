// SPDX-License-Identifier: MIT
//
// How to join: the address of this page, as a QR code too, and the line that starts a
// worker; or the command by which picoord would show them.

import { command } from './command.js';

const at = (id) => document.getElementById(id);
const WHITE = [255, 255, 255];
const QUIET_ZONE = 4; // modules around the code
const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/;

// The host and port in a join line: pi1.HOST:PORT.PIN.TOKEN, where HOST may have dots.
export const hostOf = (line) => line.match(/pi1\.(.+):(\d+)\.[^.]+\.[^.\s]+/)?.slice(1, 3) ?? ['', ''];

/*
 * Where others open this page: its own address, unless that is of this machine alone; ''
 * where there is none.
 */
export function addressFor({ protocol, host, hostname, pathname }, line) {
  if (!LOOPBACK.test(hostname)) return `${protocol}//${host}${pathname}`;
  const [other, port] = hostOf(line);
  return other && !LOOPBACK.test(other) ? `${protocol}//${other}:${port}${pathname}` : '';
}

/*
 * What the dialog says: the address for the code, '' where there is none, and [tag, text],
 * where a tag of 'command' is a line to be typed.
 */
export function howTo(join, place, fetch = []) {
  if (!join.length)
    return { address: '', parts: [
      ['p', 'This picoord keeps its join line to itself. It is shown here, with a QR code, by one that was started like this:'],
      ['command', 'picoord --room'], ['p', 'Without that, the line for another machine is printed by'], ['command', 'pictl token show']] };
  const address = addressFor(place, join[0]);
  if (!address) return { address, parts: [['p', 'This machine has no address that others reach: is its network on?']] };
  return { address, parts: [
    ['h3', 'Look: scan the code, or open'], ['command', address],
    ['h3', 'Compute: type on your machine'], ...join.map((line) => ['command', line]),
    ...(fetch.length ? [['p', 'or on a Linux machine without piworker'], ['command', fetch[0]]] : [])] };
}

function part([tag, text]) {
  if (tag === 'command') return command(text);
  const e = document.createElement(tag);
  e.textContent = text;
  return e;
}

async function drawCode(text) {
  const { correction, generate } = await import('./lean-qr.js');
  const code = generate(text, { minCorrectionLevel: correction.M, maxCorrectionLevel: correction.M });
  code.toCanvas(at('qr'), { off: WHITE, pad: QUIET_ZONE });
}

export async function showJoin({ join, fetch }) {
  if (at('join').open) return;
  const { address, parts } = howTo(join, location, fetch);
  at('qr').hidden = !address;
  at('join-how').replaceChildren(...parts.map(part));
  at('join').showModal();
  if (address) await drawCode(address);
}
