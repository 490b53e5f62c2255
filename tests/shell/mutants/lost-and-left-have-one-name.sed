# server/view/event_name.c: a worker that is lost is told as one that has left
# by unit view/golden_events_test
s/{"worker_lost", "worker"/{"worker_left", "worker"/
