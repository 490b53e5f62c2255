// SPDX-License-Identifier: MIT
//
// The page in a browser behind nginx, under a path and another name, as
// docs/OPERATIONS.md has it.  Environment: as page.test.js.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { chromium } from 'playwright-core';
import { Fleet, until } from './fleet.js';

const { BIN, SHOTS, CHROMIUM } = process.env;
const fleet = new Fleet(BIN);
const closes = [() => fleet.close()];
after(async () => {
  for (const close of closes.reverse()) await close();
});

// Free now; the one who gets it afterwards is nginx, or the test is run again.
const freePort = () => new Promise((done) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});

const listens = (port) => new Promise((done) => {
  const socket = connect(port, '127.0.0.1', () => socket.end(() => done(true)));
  socket.on('error', () => done(false));
});

// The first block of nginx, with other ports.
async function nginx() {
  const port = await freePort();
  const [, block] = readFileSync('../../docs/OPERATIONS.md', 'utf8').match(/```nginx\n([^`]*)```/);
  const file = join(fleet.folder, 'nginx.conf');
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${fleet.folder}/${name};`).join('\n');
  writeFileSync(file, `daemon off;\nmaster_process off;\npid ${fleet.folder}/nginx.pid;
    error_log stderr;\nevents {}\nhttp {\naccess_log off;\n${folders}\n${block
  .replace('listen 80;', `listen 127.0.0.1:${port};`)
  .replace('127.0.0.1:31415', `127.0.0.1:${fleet.port}`)}}`);
  const child = spawn('nginx', ['-e', 'stderr', '-p', fleet.folder, '-c', file], { stdio: 'inherit' });
  closes.push(() => new Promise((done) => {
    child.on('exit', done);
    child.kill('SIGKILL');
  }));
  await until('nginx listens', () => listens(port));
  return `http://pi.example:${port}/pi/`;
}

test('behind nginx, under a path', async () => {
  mkdirSync(SHOTS, { recursive: true });
  await fleet.coordinator();
  fleet.pictl('submit', '--trials', '1e14', '--seed', '42');
  fleet.worker('lab-01');
  const url = await nginx();
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--host-resolver-rules=MAP pi.example 127.0.0.1'],
  });
  closes.push(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const faults = [];
  page.on('pageerror', (e) => faults.push(String(e)));
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && faults.push(m.text()));
  page.on('request', (r) => r.url().startsWith(url) || faults.push(`asked for ${r.url()}`));
  await page.goto(url);
  await page.locator('#feed', { hasText: /^live$/ }).waitFor();
  await until('trials are shown', async () => /[1-9]/.test(await page.locator('#trials').innerText()));
  await until('a worker is shown', async () => /1/.test(await page.locator('#workers').innerText()));
  // The thread that computes ranges again is of that path, too.
  await until('ranges are computed again', async () =>
    Number(await page.locator('#checked').getAttribute('data-ranges')) >= 3, 30);
  assert.ok(page.workers().some((w) => w.url() === `${url}recount.js`));
  await page.screenshot({ path: join(SHOTS, 'proxy-1280.png') });
  await page.goto(`${url}status`);
  assert.match(await page.locator('table').innerText(), /trials/);
  assert.deepEqual(faults, []);
  await page.locator('a', { hasText: 'JSON' }).click();
  assert.match(page.url(), /\/pi\/api\/v1\/status$/);
});
