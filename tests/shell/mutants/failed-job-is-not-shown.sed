# ctl/lib/wait.c: submit --wait prints nothing of a job that failed
# by unit ctl/ctl_answers_test
s/if (status == EXIT_DONE || status == EXIT_NO)/if (status == EXIT_DONE)/
