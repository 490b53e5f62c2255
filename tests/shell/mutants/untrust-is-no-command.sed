# ctl/command_table.c: a command is missing
# by unit ctl/golden_ctl_test
s/ *&subcommand_untrust,$//
