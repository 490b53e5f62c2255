// SPDX-License-Identifier: MIT
//
// The page where the job is a program's, in a browser, before a server that says what the
// test wants: estimate, interval and name, no circle, no truth; who has the program.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { chromium } from 'playwright-core';
import { until } from './fleet.js';

const { SHOTS, CHROMIUM } = process.env;
const WEB = new URL('../../web/', import.meta.url).pathname;
const TYPES = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' };
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const PI = {
  id: 'j-1', uid: '1', name: '', state: 'running', reason: '', seed: '42', trials: '4000000', done: '3000000',
  hits: '2356194', pi: 3.141592, ci_low: 3.139734, ci_high: 3.14345, stderr: 0.000948, until_stderr: 0, rate: 1e6,
  for_ms: '0', elapsed_ms: '3000', doubt: '', program: '', arg: '', scale: 4, score: false, program_test: '',
};
const DICE = {
  ...PI, id: 'j-2', uid: '2', trials: '1000000', done: '600000', hits: '100123', pi: 0.166872, ci_low: 0.165931,
  ci_high: 0.167817, program: 'dice', arg: 'of ivory', scale: 1, program_test: '77aa000000000001',
};
const MEAN = { ...DICE, id: 'j-3', uid: '3', hits: String(300000 * 65536), pi: 5, ci_low: 4.98, ci_high: 5.02, scale: 10, score: true };
const program = (state, more = {}) => ({ name: 'dice', state, test: DICE.program_test, rate: 250000, reason: '', stderr: '', ...more });
const WORKERS = [
  ['ada', [program('ready')]], ['bob', []], ['cyd', [{ ...program('ready'), name: 'other' }]],
  ['eve', [program('ready', { test: '81f0000000000002' })]],
  ['fay', [program('failed', { rate: 0, reason: 'exited with 1: "No module named numpy"' })]],
  ['lou', [program('excluded', { reason: 'a result was wrong' })]],
].map(([name, programs]) => ({ id: name, name, programs, threads: 1, state: 'busy', rate: 1e5, trials: '100000', last_seen_ms: '0' }));

let job = DICE;
const status = () => ({ job, workers: 6, threads: 6, rate: 6e5, state: 'ready', reason: '', time_ms: String(Date.now()), audit_help: '' });
const history = () => ({ job: job.id, from: 0, points: [2n, 1n].map((k) => [String(BigInt(job.done) / (2n * k)), String(BigInt(job.hits) / (2n * k))]) });

const server = createServer(({ url }, response) => {
  const path = url === '/' ? 'index.html' : url.slice(1);
  if (url.startsWith('/api/v1/events')) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const say = (name, data) => response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    const tick = () => {
      say('tick', status());
      say('history', history());
    };
    say('hello', { status: status(), workers: { workers: WORKERS }, join: [], history: history() });
    const timer = setInterval(tick, 200);
    response.on('close', () => clearInterval(timer));
    return;
  }
  if (url === '/api/v1/jobs') return response.end(JSON.stringify({ jobs: [job] }));
  for (const folder of ['', 'vendor'])
    try {
      const body = readFileSync(join(WEB, folder, path));
      response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'text/plain' });
      return response.end(body);
    } catch { /* elsewhere, or nowhere */ }
  response.writeHead(404).end();
});
const faults = [];
let browser;
let page;

before(async () => {
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  page.on('pageerror', (e) => faults.push(String(e)));
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && faults.push(m.text()));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
});

after(async () => {
  await browser?.close();
  server.closeAllConnections();
  server.close();
});

const text = (id) => page.locator(`#${id}`).innerText();
const shown = (selector) => page.locator(selector).isVisible();
const heading = (pattern) => until(`the heading is ${pattern}`, async () => pattern.test(await page.locator('#h1').textContent()));
const drawn = (rows) => until('the chart', async () => (await page.locator('#funnel .uplot').count()) === rows);

test('the estimate has the name, the text and the interval of the program', async () => {
  await heading(/^Estimate of dice of ivory$/);
  assert.equal(await text('symbol'), 'p ≈');
  assert.equal((await text('settled')) + (await text('open')), '0.166\u202f87');
  assert.equal(await text('half'), '± 0.000\u202f94');
});

test('there is no circle, no truth and no error of it', async () => {
  await drawn(1);
  for (const selector of ['#circle', '#check', '#tab-error', '#tab-funnel']) assert.equal(await shown(selector), false, selector);
  await page.keyboard.press('e');
  assert.doesNotMatch(await text('funnel-note'), /true|π/);
  assert.equal((await page.locator('#checked').getAttribute('data-ranges')) ?? '0', '0');
});

test('who has the program, whose is another, and why one has failed', async () => {
  const rows = await page.locator('#offers tr').allInnerTexts();
  assert.deepEqual(rows.map((r) => r.split('\t').join('|')), [
    'ada|● ready|77aa0000|250.0\u202fk/s', 'bob|has none||', 'cyd|has none||', 'eve|≠ another|81f00000|250.0\u202fk/s',
    'fay|✕ failed|77aa0000|n/a', 'exited with 1: "No module named numpy"',
    'lou|⊘ excluded|77aa0000|250.0\u202fk/s', 'a result was wrong',
  ]);
});

test('it can be read by all, in every size', async () => {
  for (const [width, height] of [[1280, 860], [360, 740]]) {
    await page.setViewportSize({ width, height });
    const found = await page.evaluate(`${axe}; axe.run({ runOnly: ['wcag2a', 'wcag2aa'] })`);
    assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes[0].html}`), []);
    await page.screenshot({ path: join(SHOTS, `program-${width}.png`), fullPage: width < 1000 });
  }
  await page.setViewportSize({ width: 1280, height: 860 });
});

test('a score and a scale: x, and a chart in its bounds', async () => {
  job = MEAN;
  await heading(/dice/);
  await until('x', async () => (await text('symbol')) === 'x ≈');
  await page.locator('[data-table="funnel"] summary').click();
  await until('rows', async () => (await page.locator('[data-table="funnel"] tbody tr').count()) > 0);
  await until('the mean', async () => (await page.locator('[data-table="funnel"] tbody tr').first().innerText()).includes('\t5.000000000\t4.98'));
  await page.locator('[data-table="funnel"] summary').click();
});

test('pi has its circle again, and the tab that was chosen', async () => {
  job = PI;
  await heading(/^Estimate of π$/);
  await until('the circle', () => shown('#circle'));
  assert.equal(await shown('#offers'), false);
  assert.equal(await text('symbol'), 'π ≈');
  await until('the note', async () => /3.22/.test(await text('funnel-note')));
  assert.deepEqual(faults, []);
});
