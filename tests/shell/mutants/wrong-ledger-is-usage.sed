# ctl/commands/verify.c: a ledger with impossible numbers is called no ledger
# by unit ctl/ctl_answers_test
s/return rc == -ERANGE ? EXIT_NO : rc < 0 ? EXIT_USAGE : EXIT_DONE;/return rc < 0 ? EXIT_USAGE : EXIT_DONE;/
