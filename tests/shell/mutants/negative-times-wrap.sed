# common/wire/wire_view_encode.c: a negative time is a very long one
# by unit wire/wire_rules_test
s/return ms > 0 ? (uint64_t)ms : 0;/return (uint64_t)ms;/
