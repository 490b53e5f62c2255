// SPDX-License-Identifier: MIT
//
// As much of a browser as the page's modules use: the elements of web/index.html, canvases
// that note what is drawn, and a clock that tests set.  To be imported before the modules.

import { readFileSync } from 'node:fs';

process.env.TZ = 'UTC';

const WIDE = 6; // of each character, in a font of 10 pixels
const EMPTY = /^(meta|link|br|progress)$/;

class Text {
  constructor(data) {
    this.data = data;
  }

  get textContent() {
    return this.data;
  }
}

// A context: each call with the colours and sizes that it was made with.
function recorder() {
  const calls = [];
  const state = {};
  return new Proxy(state, {
    get: (_, name) => {
      if (name === 'calls') return calls;
      if (name === 'measureText') return (text) => ({ width: WIDE * text.length });
      return (...args) => void calls.push({ name, args, ...state });
    },
  });
}

export class Element {
  constructor(tag) {
    Object.assign(this, {
      tag, childNodes: [], parentElement: null, style: { setProperty() {} }, dataset: {}, attributes: {}, listeners: {},
      className: '', id: '', clientWidth: 600, clientHeight: 200,
    });
  }

  get classList() {
    const all = () => this.className.split(' ').filter(Boolean);
    const set = (list) => void (this.className = list.join(' '));
    const self = {
      contains: (name) => all().includes(name),
      add: (name) => self.toggle(name, true),
      remove: (name) => self.toggle(name, false),
      toggle: (name, on = !self.contains(name)) => set([...all().filter((c) => c !== name), ...(on ? [name] : [])]),
    };
    return self;
  }

  get children() {
    return this.childNodes.filter((node) => node instanceof Element);
  }

  get firstChild() {
    return this.childNodes[0];
  }

  get lastChild() {
    return this.childNodes[this.childNodes.length - 1];
  }

  get textContent() {
    return this.childNodes.map((node) => node.textContent).join('');
  }

  set textContent(text) {
    this.replaceChildren(String(text));
  }

  append(...nodes) {
    for (const node of [...nodes]) {
      const added = node instanceof Element || node instanceof Text ? node : new Text(String(node));
      if (added instanceof Element) {
        added.remove();
        added.parentElement = this;
      }
      this.childNodes.push(added);
    }
  }

  replaceChildren(...nodes) {
    this.childNodes = [];
    this.append(...nodes);
  }

  remove() {
    const around = this.parentElement?.childNodes;
    if (around?.includes(this)) around.splice(around.indexOf(this), 1);
  }

  // ---- tables ----

  added(tag) {
    this.append(new Element(tag));
    return this.lastChild;
  }

  get rows() {
    return this.all().filter((e) => e.tag === 'tr');
  }

  get cells() {
    return this.children;
  }

  createTHead() {
    return this.added('thead');
  }

  createTBody() {
    return this.added('tbody');
  }

  insertRow() {
    return this.added('tr');
  }

  insertCell() {
    return this.added('td');
  }

  deleteRow(at) {
    this.rows.at(at).remove();
  }

  // ---- attributes and queries ----

  setAttribute(name, value) {
    this.attributes[name] = String(value);
  }

  getAttribute(name) {
    return this.attributes[name] ?? null;
  }

  removeAttribute(name) {
    delete this.attributes[name];
    if (name === 'value') this.value = undefined;
  }

  all() {
    return this.children.flatMap((e) => [e, ...e.all()]);
  }

  // Of tag, .class and [attribute] or [attribute="value"].
  matches(selector) {
    const [, tag, rest] = selector.match(/^([a-z]*)(.*)$/);
    return (!tag || tag === this.tag) && [...rest.matchAll(/\.([\w-]+)|\[([\w-]+)(?:="([^"]*)")?\]/g)].every(
      ([, name, attribute, value]) => name ? this.classList.contains(name)
        : value === undefined ? attribute in this.attributes || this[attribute] === true
          : this.attributes[attribute] === value);
  }

  querySelectorAll(selector) {
    return this.all().filter((e) => e.matches(selector));
  }

  querySelector(selector) {
    return this.querySelectorAll(selector)[0] ?? null;
  }

  closest(selector) {
    return this.matches(selector) ? this : this.parentElement?.closest(selector) ?? null;
  }

  addEventListener(name, listener) {
    this.listeners[name] = listener;
  }

  // ---- what is shown ----

  getContext() {
    return (this.context ??= recorder());
  }

  focus() {
    document.activeElement = this;
  }

  showModal() {
    this.open = true;
  }

  close() {
    this.open = false;
  }
}

function parse(html) {
  const top = new Element('top');
  let at = top;
  for (const [, close, tag, attributes, text] of html.matchAll(/<(\/?)([a-z0-9]+)([^>]*)>|([^<]+)/g)) {
    if (text !== undefined) {
      if (text.trim()) at.append(text);
    } else if (close) at = EMPTY.test(tag) ? at : at.parentElement;
    else {
      const e = new Element(tag);
      for (const [, name, value] of attributes.matchAll(/([\w-]+)(?:="([^"]*)")?/g)) {
        e.attributes[name] = value ?? '';
        if (name.startsWith('data-')) e.dataset[name.slice(5)] = value ?? '';
        if (name === 'id') e.id = value;
        if (name === 'class') e.className = value;
        if (name === 'hidden') e.hidden = true;
      }
      at.append(e);
      if (!EMPTY.test(tag)) at = e;
    }
  }
  return top;
}

const html = readFileSync(new URL('../../../web/index.html', import.meta.url), 'utf8');
const top = parse(html.replace(/<!--.*?-->|<!DOCTYPE html>/g, ''));

globalThis.document = {
  hidden: false,
  activeElement: null,
  documentElement: top.querySelector('html'),
  createElement: (tag) => new Element(tag),
  getElementById: (id) => top.all().find((e) => e.id === id) ?? null,
  querySelector: (selector) => top.querySelector(selector),
  querySelectorAll: (selector) => top.querySelectorAll(selector),
};
globalThis.devicePixelRatio = 1;
// Each colour is its own name; texts are 10 pixels high.
globalThis.getComputedStyle = () => ({ fontSize: '10px', getPropertyValue: (name) => ` ${name === '--chart' ? 1 : name.slice(2)}` });

// performance.now(), as tests set it.
export const time = { now: 0 };
Object.defineProperty(performance, 'now', { value: () => time.now });

export const at = (id) => document.getElementById(id);

// What was drawn on a canvas since the last question, of one kind or all.
export function drawn(id, name) {
  const list = at(id).getContext().calls.splice(0);
  return name ? list.filter((call) => call.name === name) : list;
}

export const texts = (calls) => calls.filter((call) => call.name === 'fillText').map((call) => call.args[0]);

// Of a table that a panel hands out.
export const cells = (table) => table.rows.map((row) => row.map(String));
