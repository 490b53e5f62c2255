# server/view/console.c: a watcher that does not read is dropped after five minutes
# by unit view/watcher_test
s/++c->stuck_s >= CONSOLE_WATCH_STUCK_S/++c->stuck_s >= 10 * CONSOLE_WATCH_STUCK_S/
