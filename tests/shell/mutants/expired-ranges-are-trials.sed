# server/view/event_view.c: of an expired lease the number of ranges is shown as trials
# by unit view/golden_events_test
/case EVENT_LEASE_EXPIRED:/,/break;/s/m.trials = event->expired.trials;/m.trials = event->expired.ranges;/
