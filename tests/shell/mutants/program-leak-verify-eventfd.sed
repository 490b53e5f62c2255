# ctl/commands/verify.c: a descriptor is left open
# by unit ctl/ctl_answers_test
/^static void release_signals/,/^}/s/    close(fd);//
