# common/wire/wire_decode.c: a cancel may have an entry too many
# by unit wire/limits_test
s/check_count(c, what, n, CANCEL_MAX)/check_count(c, what, n, CANCEL_MAX + 1)/
