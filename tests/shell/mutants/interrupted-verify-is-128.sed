# ctl/commands/verify.c: an interrupted verify exits 128
# by unit ctl/ctl_answers_test
s/return EXIT_SIGNAL + signal_number;/return EXIT_SIGNAL;/
