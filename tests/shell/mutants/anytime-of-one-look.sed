# common/base/anytime.c: the interval that holds at all moments forgets how many there were
# by unit base/anytime_test
s/log(ONE_IN) + log(n + 1) + /log(ONE_IN) + log(n + 1) \/ 2 + /
