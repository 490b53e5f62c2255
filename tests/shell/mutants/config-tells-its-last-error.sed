# common/cli/opt_config.c: the last error of a config file is told, not the first
# by unit cli/opt_config_test
/^static int on_line/,/^}/s/if (c->status)/if (0)/
