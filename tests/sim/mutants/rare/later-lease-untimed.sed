# server/core/grant.c: a lease is timed by those that it waits behind
s/ || t->timer.item.key > grant_deadline(g))/)/
