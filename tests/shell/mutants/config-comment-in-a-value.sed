# common/cli/opt_config.c: a printed value that reads like a comment is cut when read
# by unit cli/opt_config_test
s/bool plain = \*value != ';' && !strstr(value, " ;");/bool plain = true;/
