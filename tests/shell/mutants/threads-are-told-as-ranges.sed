# server/view/event_json.c: the threads of an event are its ranges
# by unit view/golden_events_test
s/json_put_number(&w, "threads", "%" PRIu32, m.threads);/json_put_number(\&w, "threads", "%" PRIu32, m.ranges);/
