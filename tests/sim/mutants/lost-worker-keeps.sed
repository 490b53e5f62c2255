# server/core/worker.c: the ranges of a lost worker are not given back
s/grants_release_worker(c, w, &gone.departure.ranges, &gone.departure.trials);/(void)gone.departure;/
