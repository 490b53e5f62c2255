# common/wire/wire_request.c: the largest standard error is refused
# by unit wire/wire_request_test
s/p->until_stderr <= most)/p->until_stderr < most)/
