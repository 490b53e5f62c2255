# server/core/worker.c: a worker that has gone keeps the rest of its slot
/^void worker_gone/,/^}/s/^    worker_leave_slots(c, w);/    (void)w;/
