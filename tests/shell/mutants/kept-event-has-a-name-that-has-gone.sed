# server/view/event_feed.c: the job's name in a kept event is borrowed
# by unit view/event_feed_test
/k->view.name = k->name;/d
