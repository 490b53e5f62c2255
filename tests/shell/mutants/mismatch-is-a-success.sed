# ctl/commands/verify.c: a mismatch ends verify with 0
# by unit ctl/ctl_answers_test
s/return c->wrong > 0 ? EXIT_NO : EXIT_DONE;/return EXIT_DONE;/
