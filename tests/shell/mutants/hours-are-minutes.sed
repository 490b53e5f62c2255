# common/cli/opt_value.c: an hour written as hr is a minute
# by unit cli/opt_value_test
s/{"hr", 3600000}/{"hr", 60000}/
