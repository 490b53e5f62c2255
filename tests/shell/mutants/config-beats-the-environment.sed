# common/cli/opt_config.c: the config file goes before the environment
# by unit cli/opt_config_test
s/if (c->values->from\[i\] > OPT_FROM_CONFIG ||/if (0 ||/
