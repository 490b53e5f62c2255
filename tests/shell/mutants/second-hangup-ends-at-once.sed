# server/signals.c: a terminal that sends SIGHUP twice ends picoord without its answers
# by unit server/signals_test
s/if (s->told \&\& signum == SIGHUP)/if (!s->told \&\& signum == 0)/
