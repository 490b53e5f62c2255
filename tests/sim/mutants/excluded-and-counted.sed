# server/core/transaction.c: what an exclusion takes back is answered as counted
s/^        if (a->worker != s->worker || a->program != s->program)$/        if (true)/
