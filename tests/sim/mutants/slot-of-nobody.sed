# server/core/worker.c: a worker that has gone keeps the rest of its slot
/^void worker_gone/,/^}/s/^    leave_slots(w);/    (void)leave_slots;/
