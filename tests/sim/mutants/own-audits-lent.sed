# server/core/slices.c: a worker may recompute its own results
s/if (r->of == to || r->here ||/if (r->here ||/
