# common/cli/opt_help.c: help of options does not line up
# by unit cli/opt_message_test
s/if (width > column && width <= SYNOPSIS_MAX)/if (width > column)/
