# ctl/commands/rm.c: rm cancels
# by unit ctl/golden_ctl_test
s/REQUEST_RM/REQUEST_CANCEL/
