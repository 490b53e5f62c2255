# server/view/recent.c: who comes after an event gets the past of who came before it
# by unit view/viewer_test
/^void recent_event/,/^}/s/forget_text(r);/(void)r;/
