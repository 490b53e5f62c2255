// SPDX-License-Identifier: MIT
//
// Contact sheets: one state of the page in all sizes, in one picture, to be looked at.
//
//   CHROMIUM=... SHOTS=FOLDER node sheet.js [NAME...]     all states, or those named

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { Teller } from './scene.js';

const { SHOTS, CHROMIUM } = process.env;
const SIZES = ['1280x720', '1366x768', '1920x1080', '3840x2160', '390x844', '844x390', '320x640', '960x540@2'];
const HIGH = 430; // pixels of a picture on the sheet
const WIDE = 2400;
const STATES = {
  lecture: { jobs: 1, workers: 5 },
  'lecture-dark': { jobs: 1, workers: 5, theme: 'dark' },
  stage: { jobs: 1, workers: 5, view: 'stage' },
  'stage-dark': { jobs: 1, workers: 40, view: 'stage', theme: 'dark' },
  crowd: { jobs: 1, workers: 200 },
  'crowd-stage': { jobs: 1, workers: 200, view: 'stage' },
  empty: { jobs: 0, workers: 0 },
  idle: { jobs: 0, workers: 5, theme: 'dark' },
  program: { jobs: 2, workers: 40 },
  'program-stage': { jobs: 2, workers: 40, view: 'stage', long: true },
  long: { jobs: 2, workers: 40, long: true, theme: 'dark' },
  'long-pi': { jobs: 1, workers: 40, long: true },
  join: { jobs: 1, workers: 5, key: 'j', share: true },
  'join-stage': { jobs: 1, workers: 5, key: 'j', share: true, view: 'stage', theme: 'dark' },
  ask: { jobs: 1, workers: 5, key: 'j' },
  jobs: { jobs: 2, workers: 5, key: 'l' },
  help: { jobs: 1, workers: 5, key: '?' },
};

const teller = await new Teller().open();
const browser = await chromium.launch({ executablePath: CHROMIUM, args: process.getuid() ? [] : ['--no-sandbox'] });

async function shoot(state, size) {
  const [, width, height, ratio] = size.match(/^(\d+)x(\d+)(?:@(\d))?$/).map(Number);
  const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: ratio || 1, colorScheme: state.theme ?? 'light' });
  const page = await context.newPage();
  teller.show({ long: false, ...state, join: state.share });
  await page.goto(`${teller.url}?view=${state.view ?? ''}`);
  await page.locator('#feed', { hasText: 'live' }).waitFor();
  if (state.jobs) await page.locator('.uplot').waitFor();
  if (state.jobs === 1 && !state.long) await page.locator('#check.ok, #check.lost').waitFor({ state: 'attached' });
  if (state.key) await page.keyboard.press(state.key);
  await page.waitForTimeout(500);
  const png = await page.screenshot();
  await context.close();
  return { size, png: png.toString('base64'), width: Math.round((HIGH * width) / height) };
}

mkdirSync(SHOTS, { recursive: true });
const names = process.argv.slice(2);
for (const name of names.length ? names : Object.keys(STATES)) {
  const shots = [];
  for (const size of SIZES) shots.push(await shoot(STATES[name], size));
  const page = await browser.newPage({ viewport: { width: WIDE, height: 800 } });
  await page.setContent(`<body style="background:#889;display:flex;flex-wrap:wrap;gap:12px;margin:12px;font:18px sans-serif">
    ${shots.map(({ size, png, width }) => `<div>${size}<br><img height="${HIGH}" width="${width}" src="data:image/png;base64,${png}"></div>`).join('')}`);
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(SHOTS, `sheet-${name}.png`), fullPage: true });
  await page.close();
}
await browser.close();
teller.close();
