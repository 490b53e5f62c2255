# ctl/commands/drain.c: what the coordinator notes about a worker is not shown
# by unit ctl/golden_ctl_test
s/if (\*r->note)/if (false)/
