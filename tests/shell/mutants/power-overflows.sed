# common/cli/opt_value.c: a power of more than 64 bits wraps
# by unit cli/opt_value_test
s/        if (__builtin_mul_overflow(value, base, &value))/        if ((value *= base), 0)/
