# common/program/child.c: a program sees our join string
# by unit program/program_test
s/if (strncmp(setting, "PI_", 3) == 0)/if (strncmp(setting, "PI_", 4) == 0)/
