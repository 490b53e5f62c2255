# server/view/past.c: rows are written although there is no room for them
# by unit view/past_test
s/if (ret->n + 1 + w.n > room)/if (ret->n + 1 + w.n > sizeof(ret->bytes))/
