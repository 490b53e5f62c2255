# ctl/commands/workers.c: a worker that is banned shows its last state
# by unit ctl/golden_ctl_test
s/if (w->removed)/if (false)/
