# common/cli/opt_value.c: units of a duration may come in any order
# by unit cli/opt_value_test
s/|| unit >= \*factor//
