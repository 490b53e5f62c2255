# server/view/filter.c: a viewer may ask for 0 ticks a second
# by unit view/viewer_test
s/ || hz < 1 || / || /
