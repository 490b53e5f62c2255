# server/state_check.c: a state file is checked without its log
# by unit server/start_test
s/if (stat(log, &st) < 0)/if (stat(log, \&st) < 1)/
