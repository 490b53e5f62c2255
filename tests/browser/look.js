// SPDX-License-Identifier: MIT
//
// Looks at the page as it stands: whether anything lies on something else, is cut, or is
// outside.  Both functions run in the page.

// Before its scripts: notes where each canvas has its texts.
export function noteTexts() {
  const all = (window.drawnTexts = new Map());
  const kept = CanvasRenderingContext2D.prototype;
  const { fillText, clearRect } = kept;
  kept.clearRect = function clear(...args) {
    all.set(this.canvas, []);
    return clearRect.apply(this, args);
  };
  kept.fillText = function fill(text, x, y) {
    const m = this.measureText(text);
    const at = this.getTransform();
    const box = [x - m.actualBoundingBoxLeft, y - m.actualBoundingBoxAscent, x + m.actualBoundingBoxRight, y + m.actualBoundingBoxDescent];
    const [x0, y0, x1, y1] = box.map((v, i) => (i % 2 ? at.d * v + at.f : at.a * v + at.e));
    if (text.trim()) (all.get(this.canvas) ?? all.set(this.canvas, []).get(this.canvas)).push({ text, x0, y0, x1, y1, ratio: Math.max(at.a, devicePixelRatio) });
    return fillText.call(this, text, x, y);
  };
}

// What is wrong, a sentence each.  view: 'normal', 'stage', or 'only 4', a panel alone; but for
// the first nothing may scroll.
export function look(view) {
  const stage = view === 'stage';
  const fixed = view !== 'normal';
  const wrong = new Set();
  const dialog = document.querySelector('dialog[open]');
  const scope = dialog ?? document.body;
  const window_ = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  const say = (what, name) => wrong.size < 12 && wrong.add(`${what}: ${String(name).replace(/\s+/g, ' ').trim().slice(0, 50)}`);
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) say('wider than the window', root.scrollWidth);
  if (fixed && root.scrollHeight > innerHeight) say('it scrolls', `${root.scrollHeight} of ${innerHeight}`);

  const seen = (e) => e.checkVisibility({ visibilityProperty: true }) && getComputedStyle(e).clipPath === 'none' && (dialog || !e.closest('dialog'));

  // What is left of a box in all that clips or scrolls around it; null: nothing.
  function left(box, element, name) {
    let { left: l, top: t, right: r, bottom: b } = box;
    for (let e = element; e && e !== root; e = e.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(e);
      if (overflowX === 'visible' && overflowY === 'visible') continue;
      const c = e.getBoundingClientRect();
      const scrolls = overflowY === 'auto' || overflowY === 'scroll';
      if (l < c.left - 1.5 || r > c.right + 1.5) say('cut at its side', name);
      if (!scrolls && (t < c.top - 1.5 || b > c.bottom + 1.5)) say('cut', name);
      t = Math.max(t, c.top);
      b = Math.min(b, c.bottom);
      if (b - t < 2) return null;
    }
    if (l < window_.left - 1 || r > window_.right + 1) say('outside at the side', name);
    if ((fixed || dialog) && (t < window_.top - 1 || b > window_.bottom + 1)) say('outside', name);
    return { left: l, top: t, right: r, bottom: b };
  }

  const boxes = [];
  const walk = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || /^(SCRIPT|STYLE|NOSCRIPT)$/.test(parent.tagName) || !seen(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      if (rect.width < 1) continue;
      const kept = left(rect, parent, node.data);
      if (!kept) continue;
      const slack = 0.16 * rect.height; // letters do not fill their line
      boxes.push({ name: node.data, of: parent, left: kept.left, right: kept.right, top: Math.max(kept.top, rect.top + slack), bottom: Math.min(kept.bottom, rect.bottom - slack) });
    }
  }
  for (const e of scope.querySelectorAll('canvas, button, progress, summary')) {
    if (!seen(e)) continue;
    const rect = e.getBoundingClientRect();
    if (rect.width < 1 || rect.height < 1) continue;
    const kept = left(rect, e.tagName === 'CANVAS' ? e.parentElement : e, e.id || e.textContent);
    if (kept) boxes.push({ name: `<${e.tagName.toLowerCase()} ${e.id || e.textContent}>`, of: e, ...kept });
  }
  const within = (a, b) => a.of.contains(b.of) || b.of.contains(a.of);
  for (let i = 0; i < boxes.length; i++)
    for (let k = i + 1; k < boxes.length; k++) {
      const [a, b] = [boxes[i], boxes[k]];
      if (Math.min(a.right, b.right) - Math.max(a.left, b.left) < 1.5 || Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) < 1.5) continue;
      if (within(a, b) && (/^</.test(a.name) || /^</.test(b.name))) continue;
      say('one on another', `${a.name.trim().slice(0, 22)} / ${b.name.trim().slice(0, 22)}`);
    }

  for (const [canvas, texts] of window.drawnTexts) {
    if (!scope.contains(canvas) || !seen(canvas) || canvas.width === 0) continue;
    texts.forEach((a, i) => {
      if (a.x0 < -2 || a.y0 < -2 || a.x1 > canvas.width + 2 || a.y1 > canvas.height + 2) say(`cut in ${canvas.id || 'the curve'}`, a.text);
      for (const b of texts.slice(i + 1))
        if (Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0) > 1 && Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0) > 1)
          say(`one on another in ${canvas.id || 'the curve'}`, `${a.text} / ${b.text}`);
    });
  }

  const charts = [...document.querySelectorAll('section .plot')].filter(seen).map((e) => [e.id, e.clientHeight]);
  if (innerHeight >= 700) for (const [id, height] of charts) if (height < 150) say('a low chart', `${id} ${height}`);
  const number = document.querySelector('.number');
  const size = parseFloat(getComputedStyle(number).fontSize);
  const ends = [...number.querySelectorAll('span')].flatMap((e) => [...e.getClientRects()]);
  const width = Math.max(...ends.map((r) => r.right)) - Math.min(...ends.map((r) => r.left));
  if (stage && ends.length && width < 0.75 * innerWidth && size < 0.22 * innerHeight) say('a small number', `${Math.round(size)} px, ${Math.round(width)} wide`);
  const only = view.match(/only (\d)/)?.[1];
  for (const id of only ? [`panel-${only}`] : stage ? ['panel-1', 'panel-2'] : ['panel-1', 'panel-2', 'panel-3', 'panel-4', 'panel-5', 'panel-6', 'panel-7'])
    if (!document.getElementById(id)?.checkVisibility()) say('not shown', id);
  if (stage && innerHeight >= 700 && !document.getElementById('panel-4').checkVisibility()) say('not shown', 'lanes');
  return [...wrong];
}
