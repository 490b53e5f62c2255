# common/base/heap.c: a deadline that takes the place of a removed one does not rise
# by unit base/heap_test
s/    sift_up(h, place, last);/    last->place = place;/
