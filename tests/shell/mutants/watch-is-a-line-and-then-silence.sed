# server/view/console.c: watch tells one line after the first
# by unit view/watcher_test
s/on_watch_timer, CONSOLE_WATCH_MS, CONSOLE_WATCH_MS)/on_watch_timer, CONSOLE_WATCH_MS, 0)/
