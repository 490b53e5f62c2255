# server/view/route.c: a viewer that asks for 0 ticks a second ends picoord
# by unit view/watcher_test
s/return n < 1 ? 1 : n > HZ_MAX ? HZ_MAX : (unsigned)n;/return n > HZ_MAX ? HZ_MAX : (unsigned)n;/
