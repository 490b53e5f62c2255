// SPDX-License-Identifier: MIT
//
// The page in every size and state: nothing lies on something else, nothing is cut, the
// stage does not scroll, charts are high enough, the QR code is whole and can be read from
// the picture.  Pairs of all choices; with PI_ALL all of the page, and all of its dialogs.
// PI_ONLY: those whose name has that; pictures of what is wrong go to SHOTS.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { chromium } from 'playwright-core';
import { pairs, product } from './combine.js';
import { look, noteTexts } from './look.js';
import { Teller } from './scene.js';

const { SHOTS, CHROMIUM, PI_ALL, PI_ONLY } = process.env;
const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const jsQR = readFileSync(require.resolve('jsqr/dist/jsQR.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

// The last two are 1280 by 720 and 1920 by 1080 at 200 %.
const CHOICES = {
  size: ['1280x720', '1366x768', '1920x1080', '3840x2160', '390x844', '844x390', '320x640', '640x360@2', '960x540@2'],
  view: ['normal', 'stage', 'only 1', 'only 4', 'only 6'],
  dialog: ['none', 'join', 'ask', 'jobs', 'help'],
  jobs: [0, 1, 2],
  workers: [0, 1, 5, 40, 200],
  theme: ['light', 'dark'],
  long: [false, true],
  bands: [1, 2],
};
const nameOf = (c) => `${c.size} ${c.view} ${c.dialog === 'none' ? '' : `${c.dialog} `}${c.jobs} jobs, ${c.workers} workers, ${c.theme}${c.long ? ', long names' : ''}${c.bands > 1 ? ', two bands' : ''}`;
const KEYS = { join: 'j', ask: 'j', jobs: 'l', help: '?' };

const teller = await new Teller().open();
const contexts = new Map(); // by the ratio of pixels
const faults = [];
const audited = new Set(); // by axe, which is slow: states, in one size each
let browser;
let reader; // a page that reads pictures

async function pageOf(ratio, theme) {
  const key = `${ratio} ${theme}`;
  if (!contexts.has(key)) {
    const context = await browser.newContext({ deviceScaleFactor: ratio, colorScheme: theme, reducedMotion: 'reduce' });
    await context.addInitScript(noteTexts);
    const page = await context.newPage();
    page.on('pageerror', (e) => faults.push(String(e)));
    page.on('console', (m) => ['error', 'warning'].includes(m.type()) && faults.push(m.text()));
    contexts.set(key, page);
  }
  return contexts.get(key);
}

async function readPicture(png) {
  return reader.evaluate(async (base64) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    const g = canvas.getContext('2d');
    g.drawImage(image, 0, 0);
    return window.jsQR(g.getImageData(0, 0, image.width, image.height).data, image.width, image.height)?.data;
  }, png.toString('base64'));
}

const drawn = (page) => page.evaluate(() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 60)));

async function stand(c) {
  const [, width, height, ratio] = c.size.match(/^(\d+)x(\d+)(?:@(\d))?$/).map(Number);
  teller.show({ jobs: c.jobs, workers: c.workers, long: c.long, join: c.dialog === 'join' });
  const page = await pageOf(ratio || 1, c.theme);
  await page.setViewportSize({ width, height });
  await page.goto(`${teller.url}?view=${c.view}`);
  await page.waitForFunction((jobs) => document.getElementById('feed').textContent === 'live' && (!jobs || document.querySelector('.uplot')), c.jobs);
  if (c.jobs > 1) await page.locator('#jobs').waitFor();
  if (c.view.startsWith('only')) await page.keyboard.press(c.view.at(-1));
  if (c.bands > 1) await page.keyboard.press('a');
  await drawn(page);
  return page;
}

async function wrongWith(page, c) {
  const wrong = await page.evaluate(look, c.view);
  if (KEYS[c.dialog]) {
    await page.keyboard.press(KEYS[c.dialog]);
    await page.locator('dialog[open]').waitFor();
    await drawn(page);
    wrong.push(...await page.evaluate(look, c.view));
  }
  if (c.dialog === 'join') {
    const box = await page.locator('#qr').boundingBox();
    const { width, height } = page.viewportSize();
    if (box.x < 0 || box.y < 0 || box.x + box.width > width || box.y + box.height > height) wrong.push('the QR code is cut');
    const said = await readPicture(await page.screenshot());
    if (said !== 'http://192.0.2.7:31415/') wrong.push(`the QR code says ${said}`);
  }
  const state = [c.view, c.dialog, c.jobs, c.workers > 0, c.theme].join();
  if (audited.has(state)) return wrong;
  audited.add(state);
  const found = await page.evaluate(`${axe}; axe.run(document, { runOnly: ${JSON.stringify(RULES)}, resultTypes: ['violations'] })`);
  wrong.push(...found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ').slice(0, 200)}`));
  return wrong;
}

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await chromium.launch({ executablePath: CHROMIUM, args: process.getuid() ? [] : ['--no-sandbox'] });
  reader = await (await browser.newContext()).newPage();
  await reader.evaluate(jsQR);
});

after(async () => {
  await browser?.close();
  teller.close();
});

// What a dialog says depends on neither workers nor bands, and none is opened over one panel.
const all = () => [
  ...product({ ...CHOICES, dialog: ['none'] }),
  ...product({ ...CHOICES, dialog: CHOICES.dialog.slice(1), view: ['normal', 'stage'], workers: [5], bands: [1] })];

for (const c of (PI_ALL ? all() : pairs(CHOICES)).filter((one) => nameOf(one).includes(PI_ONLY ?? '')))
  test(nameOf(c), async () => {
    const page = await stand(c);
    const wrong = await wrongWith(page, c);
    if (wrong.length) await page.screenshot({ path: join(SHOTS, `wrong ${nameOf(c)}.png`) });
    assert.deepEqual(wrong, []);
    assert.deepEqual(faults.splice(0), []);
  });
