# common/program/self_test.c: the test is of trials from 1
# by unit program/self_test_test
s/count(t, i, 1, &counts\[i\]/count(t, i + 1, 1, \&counts[i]/
