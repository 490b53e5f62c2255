# common/program/offer.c: a name of 33 letters is cut to 32
# by unit server/options_test
s/name\[NAME_BYTES + 2\]/name[NAME_BYTES + 1]/
