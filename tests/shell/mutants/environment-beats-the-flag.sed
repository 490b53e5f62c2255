# common/cli/opt.c: the environment goes before the command line
# by unit cli/opt_test
s/table->values->from\[i\] != OPT_UNSET/0/
