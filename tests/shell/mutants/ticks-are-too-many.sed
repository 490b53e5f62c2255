# server/view/sse.c: a rate that does not divide twenty is rounded up
# by unit view/watcher_test
s/(BEATS_A_SECOND + hz - 1) \/ hz/BEATS_A_SECOND \/ hz/
