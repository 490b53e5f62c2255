// SPDX-License-Identifier: MIT
//
// The coordinator's events, as long as the page is open: connects again by itself, the
// sooner the shorter it has been away.

const NAMES = ['hello', 'tick', 'workers', 'history', 'worker', 'ranges', 'job', 'coordinator'];
const FIRST_MS = 250;
const MOST_MS = 4000;
const QUIET_MS = 15000; // with a tick a second at least, that is long

// take(name, data) for each event; state(text): '' while it is live.
export function follow(hz, take, state) {
  let wait = FIRST_MS;
  let heard = 0;
  let source;

  function again(why) {
    source.close();
    state(`${why}; trying again`);
    setTimeout(open, wait);
    wait = Math.min(2 * wait, MOST_MS);
  }

  function open() {
    source = new EventSource(`api/v1/events?hz=${hz}`);
    heard = performance.now();
    for (const name of NAMES)
      source.addEventListener(name, ({ data }) => {
        heard = performance.now();
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
    if (source.readyState === EventSource.OPEN && performance.now() - heard > QUIET_MS)
      again('nothing heard from the coordinator');
  }, 1000);
  open();
}
