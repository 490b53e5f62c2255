# server/core/lines.c: whoever has begun goes on until nothing of it waits
/^    ring_remove(&l->turn);$/i\
    if (!ring_is_alone(&l->turn) && *l->waiting)\
        return;
