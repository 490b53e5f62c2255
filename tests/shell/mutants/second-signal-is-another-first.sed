# server/signals.c: a second signal does not end it at once
# by unit server/signals_test
/s->told = true;/d
