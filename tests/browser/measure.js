// SPDX-License-Identifier: MIT
//
// Figures of docs/PAGE.md: how much the page weighs, how soon it shows a number, and what
// it costs to leave it open: 200 workers, four ticks a second, MINUTES long.  Workers and
// events are made up here for the last, so that the fleet does not take the processor.
//
//   BIN=... CHROMIUM=... MINUTES=8 node measure.js

import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import { Fleet, sleep, until } from './fleet.js';

const { BIN, CHROMIUM } = process.env;
const minutes = Number(process.env.MINUTES ?? 8);
const args = process.getuid() ? [] : ['--no-sandbox'];
const web = new URL('../../web/', import.meta.url);
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];

async function load() {
  const fleet = new Fleet(BIN);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args });
  await fleet.coordinator();
  fleet.worker('ada');
  fleet.pictl('submit', '--trials', '100G', '--seed', '1');
  await until('hits', () => JSON.parse(fleet.pictl('status', '--json')).job.done !== '0');
  const times = [];
  let weight = 0;
  for (let i = 0; i < 15; i++) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    await page.addInitScript(() => new MutationObserver(() => {
      if (!window.first && document.getElementById('settled')?.textContent) window.first = performance.now();
    }).observe(document, { subtree: true, childList: true }));
    await page.goto(fleet.url);
    times.push(await until('a number', () => page.evaluate('window.first')));
    await sleep(500);
    weight = await page.evaluate(() => performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
      .filter((e) => !e.name.includes('events')).reduce((sum, e) => sum + e.transferSize, 0));
    await context.close();
  }
  console.log(`weight over the wire: ${weight} bytes`);
  console.log(`first number: ${median(times).toFixed(0)} ms (median of 15, least ${Math.min(...times).toFixed(0)}, most ${Math.max(...times).toFixed(0)})`);
  await browser.close();
  await fleet.close();
}

// ---- 200 made-up workers ----

const MADE_UP = 200;

const begun = Date.now();
const counted = () => BigInt(Math.round((Date.now() - begun) * 6.4e7)) + 1000000000n;

function status() {
  const n = Number(counted());
  const half = 3.22 / Math.sqrt(n);
  const job = { id: 'j-1', uid: '0', name: 'soak', state: 'running', reason: '', seed: '42', trials: '0', for_ms: '0', until_stderr: 1e-9,
    done: String(counted()), hits: String(Math.round(n * Math.PI / 4)), pi: Math.PI, stderr: half / 2, ci_low: Math.PI - half, ci_high: Math.PI + half, rate: 6.4e10, elapsed_ms: '1' };
  return { version: '0', time_ms: String(Date.now()), state: 'ready', reason: '', workers: MADE_UP, threads: 8 * MADE_UP, job };
}

const workers = () => ({ workers: Array.from({ length: MADE_UP }, (_, i) => ({ id: String(i), name: `lab-${i + 1}`, state: 'busy', threads: 8, rate: 1e9 * (0.9 + 0.2 * Math.random()),
  trials: String(Math.round((Date.now() - begun) * 1e6)), last_seen_ms: '100' })) });

function points() {
  const list = [];
  for (let e = 21; e < 40; e++)
    for (let m = 8; m < 16; m++) {
      const n = BigInt(m) << BigInt(e - 3);
      if (n <= counted()) list.push([String(n), String((n * 785398n) / 1000000n)]);
    }
  return list;
}

function serve(request, response) {
  const path = request.url.split('?')[0];
  if (path === '/api/v1/jobs') return void response.end(JSON.stringify({ jobs: [status().job] }));
  if (path !== '/api/v1/events') {
    const name = path === '/' ? 'index.html' : path.slice(1);
    const types = { html: 'text/html', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' };
    response.setHeader('content-type', types[name.split('.').pop()] ?? 'text/plain');
    response.end(readFileSync(new URL(/^(uplot|lean-qr)/.test(name) ? `vendor/${name}` : name, web)));
    return;
  }
  response.setHeader('content-type', 'text/event-stream');
  const send = (name, data) => response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  let beat = 0;
  send('hello', { status: status(), workers: workers(), join: [], history: { job: 'j-1', from: 0, points: points() } });
  const timer = setInterval(() => {
    send('tick', status());
    if (beat++ % 4) return;
    send('workers', workers());
    if (beat % 20 === 1) send('history', { job: 'j-1', from: 0, points: points() });
  }, 250);
  response.on('close', () => clearInterval(timer));
}

// Seconds of processor time and MB of memory of a browser's processes of one kind.
function used(root, kind) {
  let seconds = 0;
  let mb = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (!line.includes(root) || !line.includes(`--type=${kind}`)) continue;
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      seconds += (Number(stat[11]) + Number(stat[12])) / 100;
      mb += Number(/Pss:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1000;
    } catch { /* it has ended */ }
  }
  return { seconds, mb };
}

async function soak() {
  const server = createServer(serve).listen(0, '127.0.0.1');
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: [...args, '--js-flags=--expose-gc', '--picoord-soak'] });
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  const cdp = await page.context().newCDPSession(page);
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const profile = execFileSync('sh', ['-c', `tr '\\0' '\\n' </proc/${(await (await browser.newBrowserCDPSession()).send('SystemInfo.getProcessInfo')).processInfo.find((p) => p.type === 'browser').id}/cmdline | sed -n 's/^--user-data-dir=//p'`], { encoding: 'utf8' }).trim();
  await sleep(20000);
  let last = used(profile, 'renderer');
  let gpu = used(profile, 'gpu-process');
  for (let minute = 1; minute <= minutes; minute++) {
    await sleep(60000);
    const now = used(profile, 'renderer');
    const nowGpu = used(profile, 'gpu-process');
    await cdp.send('HeapProfiler.collectGarbage');
    const heap = await page.evaluate(() => performance.memory.usedJSHeapSize / 1e6);
    console.log(`minute ${minute}: tab ${((now.seconds - last.seconds) / 0.6).toFixed(1)} % of a core, painting process ${((nowGpu.seconds - gpu.seconds) / 0.6).toFixed(1)} %, ` +
      `heap ${heap.toFixed(1)} MB, tab's memory ${now.mb.toFixed(0)} MB`);
    last = now;
    gpu = nowGpu;
  }
  await browser.close();
  server.close();
}

await load();
await soak();
