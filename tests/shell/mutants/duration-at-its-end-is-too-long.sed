# common/cli/opt_value.c: the longest duration is too long
# by unit cli/opt_value_test
s/if ((int64_t)sum > max)/if ((int64_t)sum >= max)/
