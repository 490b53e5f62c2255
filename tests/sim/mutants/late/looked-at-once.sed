# server/core/schedule.c: a thread that was not late when somebody looked is not looked at again
s/heap_set(&c->grants.late, &slow->late, next);/heap_set(\&c->grants.late, \&slow->late, INT64_MAX);/
