# ctl/commands/ledger.c: a range in doubt has first and count swapped
# by unit ctl/golden_ctl_test
s/l->doubt_count\[i\], l->doubt_first\[i\]/l->doubt_first[i], l->doubt_count[i]/
