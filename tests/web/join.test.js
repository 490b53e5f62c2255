// SPDX-License-Identifier: MIT
//
// Where others open this page, by its own address and the join line.

import assert from 'node:assert/strict';
import test from 'node:test';
import './lib/document.js';
import { addressFor, hostOf, howTo } from '../../web/join.js';

const place = (host, protocol = 'http:', pathname = '/') => ({ host, protocol, pathname, hostname: host.replace(/:\d+$/, '') });
const line = (host) => `PI_JOIN=pi1.${host}:31415.bq7v2l.r4jw6t piworker`;

test('a join line says host and port, names with dots and addresses in brackets too', () => {
  for (const host of ['lab-1', 'lab-1.example.org', '192.0.2.7', '[2001:db8::1]']) assert.deepEqual(hostOf(line(host)), [host, '31415']);
  assert.deepEqual(hostOf('something else'), ['', '']);
});

test('the address is the one that the page has, unless only this machine reaches it', () => {
  assert.equal(addressFor(place('lab-1:8080', 'https:', '/pi/'), line('192.0.2.7')), 'https://lab-1:8080/pi/');
  for (const own of ['localhost:31415', '127.0.0.1:31415', '[::1]:31415'])
    assert.equal(addressFor(place(own), line('192.0.2.7')), 'http://192.0.2.7:31415/');
  assert.equal(addressFor(place('localhost:31415'), line('127.0.0.1')), '', 'there is none');
  assert.equal(addressFor(place('localhost:31415'), '<img>'), '');
});

test('the dialog says where to look and what to type, or which command shows that', () => {
  const commands = ({ parts }) => parts.filter(([tag]) => tag === 'command').map(([, text]) => text);
  const shared = howTo([line('192.0.2.7')], place('localhost:31415'));
  assert.equal(shared.address, 'http://192.0.2.7:31415/');
  assert.deepEqual(commands(shared), ['http://192.0.2.7:31415/', line('192.0.2.7')]);
  assert.deepEqual(commands(howTo([line('192.0.2.7')], place('lab-1:31415'), ['curl 1', 'curl 2'])).slice(1),
    [line('192.0.2.7'), 'curl 1'], 'for a machine without piworker');
  const own = howTo([], place('lab-1:31415'));
  assert.equal(own.address, '');
  assert.deepEqual(commands(own), ['picoord --room', 'pictl token show']);
  const lonely = howTo([line('127.0.0.1')], place('localhost:31415'));
  assert.deepEqual([lonely.address, commands(lonely)], ['', []]);
  assert.match(lonely.parts[0][1], /no address that others reach/);
});
