# server/core/commit.c: whoever has gone is answered
s/if (!peer_by_conn(c, d->conn))/if (false)/
