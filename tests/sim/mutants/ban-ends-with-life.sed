# server/coord.c: a restarted coordinator knows of no ban
s/if (!map_get(&c->bans, r->ban.worker))/if (false)/
