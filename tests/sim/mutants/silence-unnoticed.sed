# server/core/worker.c: a silent worker is given up after a minute
s/w->heard_ms + SILENT_MS/w->heard_ms + 10 * SILENT_MS/g
