# common/cli/opt_message.c: the hint says 2^62 for a number below
# by unit cli/opt_message_test
s/value == OPT_NUMBER_MAX - 1/value == OPT_NUMBER_MAX - 2/
