# server/core/draw.c: the first results are drawn like all others
s/s->due_whole + r->unaudited < PROBATION_RESULTS/s->due_whole < 0 * r->unaudited/
