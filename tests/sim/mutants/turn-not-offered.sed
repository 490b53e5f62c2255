# server/core/turn.c: a job that once had nothing to lease is not asked again
s/    if (j->turn.place || !j->kind)$/    if (j->turn.place || !j->kind || j->pass)/
