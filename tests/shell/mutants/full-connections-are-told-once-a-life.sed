# server/view/event_log.c: that there are too many connections is told once
# by unit view/event_log_test
s/now_ms - l->full_ms < FULL_AGAIN_MS/now_ms >= l->full_ms/
