# server/scaling.c: the efficiency in the table is a hundred times too low
# by unit server/scaling_test
s/r->speed_up, 100 \* r->efficiency/r->speed_up, r->efficiency/
