# common/wire/wire_view_decode.c: a ledger with as many cells as may be is refused
# by unit wire/limits_test
s/n, 0, CELLS_MAX)/n, 0, CELLS_MAX - 1)/
