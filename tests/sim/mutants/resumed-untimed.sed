# server/resume.c: a lease that had expired and is resumed never expires again
s/^        thread_timer(c, g->thread);$/        (void)c;/
