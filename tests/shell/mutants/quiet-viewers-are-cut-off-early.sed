# server/view/http.c: a connection that asks nothing more is closed after five seconds
# by unit view/watcher_test
/^static void on_completed/,/^}/s/HTTP_NEXT_MS/HTTP_END_MS/
