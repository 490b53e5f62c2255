# server/core/worker.c: the ranges of a lost worker are not given back
s/grants_release_worker(c, w, &n.departure.ranges, &n.departure.trials);/(void)n.departure;/
