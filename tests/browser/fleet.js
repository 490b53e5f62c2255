// SPDX-License-Identifier: MIT
//
// A coordinator and workers for the tests of the page: the real programs, in a folder of
// their own, gone at the end.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const SLOW = Number(process.env.PI_SLOW ?? 1); // of the machine, tests/lib/slowness

export async function until(what, condition, seconds = 10) {
  const end = Date.now() + 1000 * seconds * SLOW;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain: ${typeof what === 'string' ? what : what()}`);
    await sleep(50);
  }
}

export class Fleet {
  constructor(bin) {
    this.bin = bin;
    this.folder = mkdtempSync(join(tmpdir(), 'picoord-browser-'));
    this.contact = join(this.folder, 'contact');
    this.running = new Map();
    this.port = 0;
    this.env = { ...process.env, XDG_RUNTIME_DIR: join(this.folder, 'run'), XDG_STATE_HOME: this.folder };
    for (const name of ['PI_COORDINATOR', 'PI_JOIN', 'PI_STATE']) delete this.env[name];
    mkdirSync(this.env.XDG_RUNTIME_DIR, { mode: 0o700 });
  }

  start(name, program, ...options) {
    const log = openSync(join(this.folder, `${program}.log`), 'a');
    const child = spawn(join(this.bin, program), options, { env: this.env, stdio: ['ignore', log, log] });
    child.ended = new Promise((done) => child.on('exit', done));
    this.running.set(name, child);
  }

  async coordinator() {
    rmSync(this.contact, { force: true });
    this.start('picoord', 'picoord', '--state', join(this.folder, 'state'), '--listen', `127.0.0.1:${this.port}`,
      '--contact-file', this.contact, '--view', 'open', '--show-join');
    await until('picoord listens', () => existsSync(this.contact));
    this.port = Number(JSON.parse(readFileSync(this.contact, 'utf8')).port);
    this.url = `http://127.0.0.1:${this.port}/`;
  }

  // The portable kernel is slow, and so something is left to look at.  Nicer than the browser,
  // and not as nice as 19: on a busy machine a grant would take minutes.
  worker(name) {
    this.start(name, 'piworker', '--contact-file', this.contact, '--name', name, '--threads', '1',
      '--kernel', 'scalar', '--nice', '5');
  }

  pictl(...options) {
    return execFileSync(join(this.bin, 'pictl'), ['--contact-file', this.contact, ...options],
      { env: this.env, encoding: 'utf8', timeout: 30000 * SLOW, stdio: ['ignore', 'pipe', 'ignore'] });
  }

  async end(name, signal) {
    const child = this.running.get(name);
    this.running.delete(name);
    child.kill(signal);
    await child.ended;
  }

  async close() {
    for (const name of [...this.running.keys()].reverse()) await this.end(name, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
