# server/commit.c: whoever has gone is answered
s/if (map_get(&c->peers, t->due.items\[i\].conn))/if (true)/
