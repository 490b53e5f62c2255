# common/base/format.c: 2100 is a leap year
# by unit base/format_test
s/ && year % 100 != 0//
