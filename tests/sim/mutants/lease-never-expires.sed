# server/core/grant.c: no lease expires
s/if (at <= c->clock.now_ms)$/if (at <= c->clock.now_ms - 100000000)/
