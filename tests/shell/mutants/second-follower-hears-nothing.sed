# server/view/sse.c: events go to one of those who follow
# by unit view/watcher_test
/^static void enqueue_for_all/,/^}/s/v = v->next)/v = NULL)/
