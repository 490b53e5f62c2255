// SPDX-License-Identifier: MIT
//
// The page in a browser, before a real fleet.  BIN: the programs; SHOTS: where pictures
// go; CHROMIUM: the browser.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import jsQR from 'jsqr';
import { chromium } from 'playwright-core';
import { Fleet, sleep, until } from './fleet.js';
import { assertFunnel, assertShown, read, readFunnel, record } from './shown.js';

const { BIN, SHOTS, CHROMIUM } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const HOSTILE = '<img src=x onerror=alert(1)>';
const SIZES = [[1920, 1080], [1280, 800], [360, 740]];
const fleet = new Fleet(BIN);
const faults = []; // console errors, and what was asked of elsewhere
let away = false; // the coordinator is: then the browser says so
let browser;
let page;

async function open(options = {}, query = '', prepare = () => {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  await context.addInitScript(record);
  await prepare(context);
  const p = await context.newPage();
  p.on('pageerror', (e) => faults.push(String(e)));
  p.on('console', (m) => {
    const expected = away && /ERR_(CONNECTION|INCOMPLETE|EMPTY)/.test(m.text());
    if (['error', 'warning'].includes(m.type()) && !expected) faults.push(m.text());
  });
  p.on('request', (r) => {
    if (!r.url().startsWith(fleet.url)) faults.push(`asked for ${r.url()}`);
  });
  p.on('dialog', () => faults.push('a dialog'));
  await p.goto(fleet.url + query);
  return p;
}

const text = (id, p = page) => p.locator(`#${id}`).innerText();
const shows = async (id, pattern, p = page, seconds = 10) => {
  let said;
  await until(() => `#${id} is ${pattern}, it says: ${said}`, async () => {
    said = await p.locator(`#${id}`).textContent();
    return pattern.test(said);
  }, seconds);
};

// Colours other than the ground: nothing is drawn on a canvas of one.
const coloursOf = (selector) => page.locator(selector).first().evaluate((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
});

// What a reader makes of the QR code, at four pixels a module.
async function readCode(p) {
  const [small, width] = await p.locator('#qr').evaluate((canvas) =>
    [[...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.width).data], canvas.width]);
  const size = 4 * width;
  const pixels = new Uint8ClampedArray(4 * size * size);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const from = 4 * ((y >> 2) * width + (x >> 2));
      pixels.set(small.slice(from, from + 4), 4 * (y * size + x));
    }
  return jsQR(pixels, size, size)?.data;
}

// Of the page that has seen it all.
async function shoot(name) {
  for (const theme of ['light', 'dark']) {
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      await sleep(300);
      await page.screenshot({ path: join(SHOTS, `${name}-${width}-${theme}.png`), fullPage: width < 1000 });
    }
    await page.keyboard.press('t');
  }
  await page.setViewportSize({ width: SIZES[0][0], height: SIZES[0][1] });
}

async function audit(p, what) {
  // As a script of the browser's own, since the page allows no other.
  const found = await p.evaluate(`${axe}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`);
  assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`), [], what);
}

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  await fleet.coordinator();
  for (const name of ['ada', 'bob', 'eve']) fleet.worker(name);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: process.getuid() ? [] : ['--no-sandbox'] });
});

after(async () => {
  await browser?.close();
  await fleet.close();
});

test('a page without a job says what to do', async () => {
  page = await open({ viewport: { width: 1920, height: 1080 } });
  await shows('waiting', /pictl submit/);
  await shows('workers', /^3$/);
  fleet.pictl('submit', '--trials', '900G', '--seed', '42', '--name', 'lecture');
});

test('every panel renders live data', async () => {
  await shows('settled', /^3\.1/);
  await shows('half', /^± 0\.0/);
  const before_ = await text('trials');
  await until('trials go on', async () => (await text('trials')) !== before_);
  await shows('rate', /\d.*[kMG]\/s/);
  assert.equal(await page.locator('#fleet tr').count(), 3);
  await shows('events', /j-1 .*submitted|joined/);
  await until('points', async () => /\d/.test(await text('drawn')));
  for (const canvas of ['#funnel canvas', '#circle', '#lanes', '#rates'])
    assert.ok(await coloursOf(canvas) > 8, canvas);
  assert.ok(Number(await page.locator('#progress').getAttribute('value')) > 0);
});

test('what it shows is what the counts say', async () => {
  const trials = new Set();
  await until('ten ticks', async () => {
    const all = await read(page);
    if (all.told.status.job.state === 'running') assertShown(all);
    return trials.add(all.told.status.job.done).size > 10;
  }, 30);
});

test('twenty ranges have the hits that the ledger has', async () => {
  await until('twenty ranges', async () => Number(await page.locator('#checked').getAttribute('data-ranges')) >= 20);
  assert.equal(await page.locator('#checked').getAttribute('data-wrong'), '0');
  await page.locator('[data-table=circle] summary').click();
  await until('the table', async () => await page.locator('[data-table=circle] tbody tr').count() >= 20);
  const rows = await page.locator('[data-table=circle] tbody tr').allInnerTexts();
  const ledger = JSON.parse(fleet.pictl('ledger', 'j-1', '--json'));
  const hits = (first, trials) => ledger.first.reduce((sum, at, i) => {
    const inside = BigInt(at) >= first && BigInt(at) + BigInt(ledger.count[i]) <= first + trials;
    return sum + (inside ? BigInt(ledger.hits[i]) : 0n);
  }, 0n);
  for (const row of rows) {
    const [first, trials, here] = row.split('\t').map((cell) => BigInt(cell.replace(/\D/g, '')));
    assert.equal(here, hits(first, trials), `trials from ${first}`);
  }
  await page.locator('[data-table=circle] summary').click();
});

async function helloWith(join) {
  const of = async (what) => (await fetch(`${fleet.url}api/v1/${what}`)).json();
  const [status, workers] = [await of('status'), await of('workers')];
  return { status, workers, join, history: { job: status.job.id, from: 0, points: [] } };
}

// With these events in the place of the coordinator's.
const openWith = (events) => open({}, '', (context) => context.route('**/api/v1/events*', (route) => route.fulfill({
  contentType: 'text/event-stream',
  body: Object.entries(events).reduce((body, [name, data]) => `${body}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`, 'retry: 60000\n'),
})));

// piworker takes no such name, so these are put into the events on their way.
test('hostile names are text', async () => {
  const hello = await helloWith([`PI_JOIN=pi1.${HOSTILE}:31415.pin.token piworker`]);
  const { status, workers: list } = hello;
  list.workers[0].name = status.job.name = HOSTILE;
  const lost = { what: 'worker_lost', job: '', worker: HOSTILE, reason: HOSTILE, first: '0', trials: '1', ranges: 1, time_ms: status.time_ms };
  const p = await openWith({ hello, worker: lost });
  await until('the row', async () => (await p.locator('#fleet td:first-child').allTextContents()).includes(HOSTILE));
  await shows('events', /<img src=x/, p);
  await shows('job', /<img src=x/, p);
  await p.keyboard.press('j');
  await shows('join-how', /http:\/\/<img src=x/, p);
  await shows('join-how', /PI_JOIN=pi1\.<img src=x/, p);
  assert.equal(await p.locator('img').count(), 0);
  await p.context().close();
});

// A host of 255 characters.
test('the address of the longest name is read back', async () => {
  const host = 'abc4-'.repeat(51);
  const line = `PI_JOIN=pi1.${host}:31415.${'k7'.repeat(26)}.${'p3'.repeat(13)} piworker`;
  const p = await openWith({ hello: await helloWith([line]) });
  await p.locator('#show-join').click();
  await p.locator('#join').waitFor();
  await until('the code', async () => (await readCode(p)) === `http://${host}:31415/`);
  await shows('join-how', /piworker/, p);
  await p.context().close();
});

test('keys and buttons choose the view', async () => {
  await page.keyboard.press('3');
  assert.ok(await page.locator('#panel-3').isVisible());
  assert.ok(!await page.locator('#panel-1').isVisible());
  await page.keyboard.press('3');
  await page.keyboard.press('e');
  assert.match(await text('funnel-note'), /true π/);
  await sleep(1200);
  await page.screenshot({ path: join(SHOTS, 'error-1920-light.png') });
  await page.keyboard.press('e');
  await page.keyboard.press('p');
  const still = await text('trials');
  const other = await open();
  await until('trials go on elsewhere', async () => ![still, ''].includes(await text('trials', other)));
  assert.equal(await text('trials'), still);
  await other.context().close();
  await page.keyboard.press('p');
  await page.keyboard.press('j');
  await page.locator('#join').waitFor();
  await shows('join-how', /no address that others reach/); // it listens on loopback
  await page.keyboard.press('Escape');
});

test('axe finds nothing', async () => {
  await audit(page, 'light');
  await page.keyboard.press('t');
  await audit(page, 'dark');
  await page.keyboard.press('t');
  await page.keyboard.press('?');
  await audit(page, 'help');
  await page.keyboard.press('Escape');
  for (const [width, query] of [[1920, '?view=stage'], [360, '']]) {
    const p = await open({ viewport: { width, height: 1080 }, colorScheme: 'dark' }, query);
    await shows('settled', /^3\.1/, p);
    await audit(p, `${width} ${query}`);
    await p.context().close();
  }
});

test('no line is wider than a phone', async () => {
  const p = await open({ viewport: { width: 320, height: 600 }, reducedMotion: 'reduce' });
  await shows('settled', /^3\.1/, p);
  assert.ok(await p.evaluate('document.documentElement.scrollWidth <= innerWidth'));
  await p.context().close();
});

test('a killed worker shows, and where its ranges went', async () => {
  const stage = await open({ viewport: { width: 1920, height: 1080 }, colorScheme: 'dark' }, '?view=stage');
  await shoot('running');
  await fleet.end('bob', 'SIGKILL');
  await shows('events', /bob lost \(connection closed\)\. \d+ ranges? granted again to .* in \d+ ms\. No trial counted twice, none lost\./, page, 60);
  await until('the row', async () => /bob\s+✕ lost/.test(await page.locator('#fleet tr.gone').innerText()));
  const sentences = (await page.locator('#events li').allInnerTexts()).filter((line) => / lost \(/.test(line));
  assert.equal(sentences.length, 1, String(sentences));
  const [, heirs] = sentences[0].match(/again to (.*) in \d+ ms/);
  assert.ok(heirs.split(', ').every((name) => ['ada', 'eve'].includes(name)), heirs);
  await shows('workers', /^2$/);
  await sleep(3000);
  await page.screenshot({ path: join(SHOTS, 'lost-1920-light.png') });
  await stage.screenshot({ path: join(SHOTS, 'lost-stage-dark.png') });
  await stage.context().close();
});

test('a late joiner gets the whole funnel', async () => {
  const p = await open();
  await p.locator('#feed', { hasText: 'live' }).waitFor();
  await p.locator('[data-table=funnel] summary').click();
  await until('rows', async () => await p.locator('[data-table=funnel] tbody tr').count() > 20);
  assert.match(await p.locator('[data-table=funnel] tbody tr').last().innerText(), /^2\.10.M/);
  await p.locator('[data-table=funnel] summary').click();
  assertFunnel(await readFunnel(p));
  await p.context().close();
});

test('the page is back when the coordinator is', async () => {
  away = true;
  await fleet.end('picoord', 'SIGTERM');
  await shows('feed', /trying again/);
  await fleet.coordinator();
  await shows('feed', /^live$/);
  away = false;
  await shows('workers', /^2$/);
  const before_ = await text('trials');
  await until('trials go on', async () => (await text('trials')) !== before_);
});

test('a job that is done says so', async () => {
  fleet.pictl('cancel', 'j-1');
  fleet.pictl('submit', '--trials', '2e8', '--seed', '7', '--wait');
  await shows('job', /j-2 done/);
  await shows('percent', /^100 %$/);
  await shows('checked', /every count equal/);
  await sleep(1000);
  await shoot('done');
});

test('no error was logged, and nothing was loaded from elsewhere', () => {
  assert.deepEqual(faults, []);
});
