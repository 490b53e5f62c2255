# ctl/commands/cancel.c: cancel --all ends at a job that has ended meanwhile
# by unit ctl/ctl_answers_test
s/(!status || status == EXIT_NO)/!status/
