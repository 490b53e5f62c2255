# worker/pool.c: a program is asked for pieces of as many trials as they have units
# by e2e programs-count-in-a-fleet
s/piece >> UNIT_LOG2, ret->pieces/piece, ret->pieces/
