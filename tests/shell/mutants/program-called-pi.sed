# common/program/offer.c: a program may be called pi
# by unit server/options_test
s/strcmp(name, "pi") == 0/strcmp(name, "pi") == 1234/
