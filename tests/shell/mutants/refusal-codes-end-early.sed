# common/wire/wire_decode.c: the last reason of a refusal is unknown
# by unit wire/wire_rules_test
s/p->code <= PB__REFUSAL_CODE__REFUSAL_KERNEL/p->code < PB__REFUSAL_CODE__REFUSAL_KERNEL/
