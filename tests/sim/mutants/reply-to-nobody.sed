# server/core/commit.c: whoever has gone is answered
s/if (!map_get(&c->peers, d->conn))/if (false)/
