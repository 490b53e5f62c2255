// SPDX-License-Identifier: MIT
//
// A line to be typed elsewhere, and a button that copies it.

const SAID_MS = 2000; // that it was copied

function element(tag, text, className = '') {
  const e = document.createElement(tag);
  e.textContent = text;
  e.className = className;
  return e;
}

// The clipboard is there in secure contexts only; a selection is copied everywhere.
async function copy(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    getSelection().selectAllChildren(code);
    document.execCommand('copy');
  }
}

export function command(line) {
  const p = element('p', '', 'command');
  const code = element('code', line);
  const button = element('button', 'Copy');
  button.onclick = async () => {
    await copy(code);
    button.textContent = 'Copied';
    setTimeout(() => void (button.textContent = 'Copy'), SAID_MS);
  };
  p.append(code, button);
  return p;
}

// A sentence, and lines to be typed, into a place; again only if something has changed.
export function tell(place, sentences) {
  const now = JSON.stringify(sentences);
  if (place.told === now) return;
  place.told = now;
  place.replaceChildren(...sentences.map(([text, isCommand]) => (isCommand ? command(text) : element('p', text))));
}

// How to start a worker: sentences and commands.
export const howToWork = (join) => [
  ['No worker yet. On this machine:'], ['piworker', true],
  ...(join.length ? [['On another:'], [join[0], true]] : [['On another, the line that this prints:'], ['pictl token show', true]]),
];
