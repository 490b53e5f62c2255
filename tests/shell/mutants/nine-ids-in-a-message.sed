# ctl/lib/job_operand.c: that there are more than eight is said of eight
# by unit ctl/ctl_answers_test
s/n > LISTED ? ", ..."/n >= LISTED ? ", ..."/
