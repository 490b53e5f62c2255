# common/wire/wire_request.c: the largest standard error is refused
# by unit wire/wire_request_test
s/p->until_stderr <= UNTIL_STDERR_MAX/p->until_stderr < UNTIL_STDERR_MAX/
