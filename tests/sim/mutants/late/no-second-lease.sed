# server/core/schedule.c: no idle thread gets a lease that is late
s/while (looks < LOOKS_MAX && ready_idle/while (looks > LOOKS_MAX \&\& ready_idle/
