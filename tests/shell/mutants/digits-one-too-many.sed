# ctl/commands/submit.c: --until-digits settles one more
# by unit ctl/golden_ctl_test
s/estimate_stderr_settling(o->until_digits)/estimate_stderr_settling(o->until_digits + 1)/
