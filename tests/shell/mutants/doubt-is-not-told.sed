# ctl/lib/follow.c: a job that has ended in doubt says nothing of it
# by unit ctl/golden_ctl_test
s/if (end == CLIENT_DONE \&\& \*f->view.doubt)/if (false)/
