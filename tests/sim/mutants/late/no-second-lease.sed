# server/core/schedule.c: no idle thread gets a lease that is late
s/while (looks < LOOKS_MAX && c->ready.linked\[0\]/while (looks > LOOKS_MAX \&\& c->ready.linked[0]/
