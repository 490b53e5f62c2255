// SPDX-License-Identifier: MIT
//
// What the drawn panels share: colours of the theme, sizes, and a canvas as large as its
// place.

const NAMES = ['page', 'panel', 'text', 'soft', 'line', 'inside', 'outside', 'ok', 'warn', 'lost', 'truth', 'band'];

export const theme = {};

// Reads the colours again, after the theme has changed.
export function readTheme() {
  const style = getComputedStyle(document.documentElement);
  for (const name of NAMES) theme[name] = style.getPropertyValue(`--${name}`).trim();
  theme.size = Number(style.getPropertyValue('--chart'));
  theme.font = `${theme.size}px system-ui, sans-serif`;
}

/*
 * The context of a canvas, cleared, in CSS pixels, as wide as its parent and as high or
 * `height`; null where there is no room.
 */
export function begin(canvas, height) {
  const { clientWidth: w, clientHeight } = canvas.parentElement;
  const h = Math.max(clientHeight, height ?? 0);
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

// Cut to a width, with an ellipsis.
export function fit(g, text, width) {
  if (g.measureText(text).width <= width) return text;
  let n = text.length;
  while (n > 1 && g.measureText(`${text.slice(0, n)}…`).width > width) n--;
  return `${text.slice(0, n)}…`;
}
