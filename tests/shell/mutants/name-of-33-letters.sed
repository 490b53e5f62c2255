# ctl/lib/job_operand.c: a name may have a letter too many
# by unit ctl/ctl_answers_test
s/n <= NAME_BYTES/n <= NAME_BYTES + 1/
