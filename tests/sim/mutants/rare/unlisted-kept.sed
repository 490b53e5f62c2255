# server/core/resume.c: a grant that a worker does not list stays leased to it
s/if (!g->resumed) {/if (false) {/
