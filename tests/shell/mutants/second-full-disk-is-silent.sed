# server/store/store.c: only the first full disk of a life is told
# by unit store/store_test
/^static void deliver_written/,/^}/s/s->full = false;/;/
