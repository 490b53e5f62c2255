# server/view/event_log.c: that there are too many connections is told sixty times as often
# by unit view/event_log_test
s/FULL_AGAIN_MS = 60 \* 1000/FULL_AGAIN_MS = 1000/
