# server/schedule.c: a lease is timed by those that it waits behind
s/ || t->timer.item.key > lease_deadline(g))/)/
