# server/core/coord.c: a restarted coordinator knows of no ban
s/^        standing_ban_keep(c, &r->ban);$/        (void)c;/
