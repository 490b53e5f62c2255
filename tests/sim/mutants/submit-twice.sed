# server/core/request.c: a repeated request is another job
s/if (!memcmp(c->jobs.all.items\[i\]->record.request, s->request, UID_BYTES)) {/if (false) {/
