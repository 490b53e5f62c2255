# common/sys/first_process.c: children that others wait for are taken
# by unit sys/first_process_test
s/|| (own && own(ctx, who\.si_pid))//
