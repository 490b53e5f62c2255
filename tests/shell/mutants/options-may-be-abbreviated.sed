# common/cli/opt.c: the beginning of an option is that option
# by unit cli/opt_test
s/code >= CODE_OPTION && is_abbreviated(parse, argv, code)/0/
