# server/view/filter.c: a viewer may ask for 0 ticks a second, which ends picoord
# by unit view/viewer_test
s/ || hz < 1 || hz > FILTER_HZ_MAX/ || hz > FILTER_HZ_MAX/
