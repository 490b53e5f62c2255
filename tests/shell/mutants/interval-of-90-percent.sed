# common/base/estimate.c: the interval holds 90 % instead of 95 %
# by unit base/estimate_test
s/1\.959963984540054/1.6448536269514722/
