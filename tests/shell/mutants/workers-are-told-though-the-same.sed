# server/view/sse.c: all workers are sent each second, changed or not
# by unit view/watcher_test
s/if (!old || old->n != f->n || memcmp(old->bytes, f->bytes, f->n) != 0)/if (f->n > 0)/
