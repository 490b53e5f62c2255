// SPDX-License-Identifier: MIT
//
// What the drawn panels share: colours of the theme, sizes, and a canvas as large as its
// place.

import { shorten } from './numbers.js';

const NAMES = ['page', 'panel', 'text', 'soft', 'line', 'inside', 'outside', 'ok', 'warn', 'lost', 'truth', 'band',
  ...Array.from({ length: 9 }, (_, i) => `tone-${i}`)];

export const theme = {};

// Reads the colours again, after the theme has changed.
export function readTheme() {
  const style = getComputedStyle(document.documentElement);
  for (const name of NAMES) theme[name] = style.getPropertyValue(`--${name}`).trim();
  theme.size = Math.round(parseFloat(style.fontSize) * Number(style.getPropertyValue('--chart')));
  theme.font = `${theme.size}px system-ui, sans-serif`;
}

/*
 * The context of a canvas, cleared, in CSS pixels, as large as its parent; null where there
 * is no room.
 */
export function begin(canvas) {
  const { clientWidth: w, clientHeight: h } = canvas.parentElement;
  if (w < 10 || h < 10) return null;
  const ratio = Math.min(devicePixelRatio, 2);
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
    canvas.style.width = `${w}px`;
    canvas.style.height = `${h}px`;
  }
  const g = canvas.getContext('2d');
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, w, h);
  g.font = theme.font;
  g.textBaseline = 'middle';
  return { g, w, h };
}

// A cross of two strokes around (x, y).
export function cross(g, x, y, r) {
  g.moveTo(x - r, y - r);
  g.lineTo(x + r, y + r);
  g.moveTo(x + r, y - r);
  g.lineTo(x - r, y + r);
}

// Cut to a width, with an ellipsis; a name in its middle, since its end tells it from others.
export function fit(g, text, width, isName) {
  if (g.measureText(text).width <= width) return text;
  let n = text.length;
  const cut = () => (isName ? shorten(text, n) : `${text.slice(0, n - 1)}…`);
  while (n > 2 && g.measureText(cut()).width > width) n--;
  return cut();
}

// 1, 2 or 5 times a power of ten, for so many lines at most.
export function stepFor(most, lines) {
  const power = 10 ** Math.floor(Math.log10(most / lines));
  return [1, 2, 5, 10].map((m) => m * power).find((s) => most / s <= lines);
}

// Takes boxes, as long as they lie on none that it has taken.
export function places() {
  const taken = [];
  return (x0, y0, x1, y1) => {
    if (taken.some((b) => x0 < b[2] && b[0] < x1 && y0 < b[3] && b[1] < y1)) return false;
    return taken.push([x0, y0, x1, y1]) > 0;
  };
}
