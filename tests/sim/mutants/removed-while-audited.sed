# server/core/request.c: a job is removed while results of it are recomputed
s/bool busy = j->extend_to || j->audits_due > 0 || j->disputes > 0;/bool busy = j->extend_to;/
