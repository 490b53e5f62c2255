# common/program/self_test.c: a program that does not add up passes
# by unit program/self_test_test
s/if (!err \&\& sum != whole)/if (0)/
