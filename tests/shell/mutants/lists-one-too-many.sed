# common/wire/wire_view_decode.c: a list may have an entry too many
# by unit wire/limits_test
s/n, 0, LIST_MAX)/n, 0, LIST_MAX + 1)/
