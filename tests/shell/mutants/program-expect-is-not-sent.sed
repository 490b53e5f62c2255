# ctl/commands/submit.c: the self-test that is expected is not sent
# by unit ctl/golden_ctl_test
s/.test_given = o->expect != NULL,/.test_given = false,/
