# server/core/grant.c: no lease expires
s/if (at <= c->now_ms)$/if (at <= c->now_ms - 100000000)/
