// SPDX-License-Identifier: MIT
//
// The coordinator's events, as long as the page is open: connects again by itself, the
// sooner the shorter it has been away.

const NAMES = ['hello', 'tick', 'workers', 'history', 'worker', 'ranges', 'job', 'coordinator'];
const FIRST_MS = 250;
const MOST_MS = 4000;
const NEWS_MS = 5000; // without a tick, though there is one a second at least: that is told
const QUIET_MS = 15000; // and then another connection is tried

// take(name, data) for each event; state(text): '' while it is live.
export function follow(hz, take, state) {
  let wait = FIRST_MS;
  let heard = 0;
  let heardAt = 0; // by the clock on the wall, which goes on while a machine sleeps
  let quiet = false; // has been told
  let source;

  function hear() {
    heard = performance.now();
    heardAt = Date.now();
    if (quiet) state('');
    quiet = false;
  }

  function again(why) {
    source.close();
    quiet = false;
    state(`${why}; trying again`);
    setTimeout(open, wait);
    wait = Math.min(2 * wait, MOST_MS);
  }

  function open() {
    source = new EventSource(`api/v1/events?hz=${hz}`);
    heard = performance.now();
    heardAt = Date.now();
    for (const name of NAMES)
      source.addEventListener(name, ({ data }) => {
        hear();
        if (name === 'hello') {
          wait = FIRST_MS;
          state('');
        }
        take(name, JSON.parse(data));
      });
    source.addEventListener('bye', () => again('the coordinator has stopped'));
    source.onerror = () => again('no connection to the coordinator');
  }

  setInterval(() => {
    const silence = Math.max(performance.now() - heard, Date.now() - heardAt);
    if (source.readyState !== EventSource.OPEN || silence < NEWS_MS) return;
    if (silence > QUIET_MS) return again('nothing heard from the coordinator');
    quiet = true;
    state(`no news for ${Math.floor(silence / 1000)} s`);
  }, 1000);
  open();
}
