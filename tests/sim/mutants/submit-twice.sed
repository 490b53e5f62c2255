# server/core/request.c: a repeated request is another job
s/if (!c->jobs.all.items\[i\]->removed &&$/if (false \&\&/
