# ctl/commands/completion.c: the last command is not completed
# by unit ctl/golden_ctl_test
/static void put_commands/,/^}/s/i < t->n/i + 1 < t->n/
