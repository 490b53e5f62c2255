# server/net/tick.c: only turns of the loop that take ten seconds are told
# by unit net/tick_test
s/SLOW_TURN_MS = 10 /SLOW_TURN_MS = 10000 /
